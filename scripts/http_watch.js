// Mails once when a page goes down, and once when it is back. To be run every few minutes by a scheduler:
//
//     jsnpy configs/HttpWatch.json
//
// `state` is what the last run knew. A mail that could not be sent leaves it as it was: the next run tries again.

for (const url of arg.urls) {
    const answer = http_get(url);
    let wrong = answer.error;
    if (!wrong && answer.status !== 200) wrong = `It answers with status ${answer.status}.`;
    if (!wrong && !answer.body.includes(arg.contains)) wrong = `It does not show "${arg.contains}".`;
    const now = wrong ? "down" : "up";
    if (now === (state[url] ?? "up")) continue;
    const sent = send_email({ ...arg.mail, subject: `${url} is ${now}`, body: wrong || "It answers as it should." });
    if (sent.code === 0) state[url] = now;
}
