// Watches pages, and mails when one goes down and when it is back: once per change, not once per check.
//
//     jsnpy configs/HttpWatch.json
//
// What it knows lives in the memory of this run, so let it run on, as a service. From cron, where each run starts
// anew, it would mail at every run: there, use --set rounds=1 and leave the telling to the exit code (1: something
// is down).

const state = new Map(); // url -> { down, failures }
let rounds = 0;
let anyDown = false;

// What is wrong with a page, or "".
function trouble(url) {
    const answer = http_get(url);
    if (answer.error) return answer.error;
    if (answer.status !== 200) return `${url} answers with status ${answer.status}`;
    if (arg.contains && !answer.body.includes(arg.contains)) return `${url} does not show "${arg.contains}"`;
    return "";
}

function tell(subject, body) {
    const sent = send_email({ ...arg.mail, subject, body });
    if (sent.code !== 0) console.error(`${new Date().toISOString()} no mail: ${sent.error}`);
    return sent.code === 0;
}

function check(url) {
    const page = state.get(url) || { down: false, failures: 0 };
    state.set(url, page);
    const reason = trouble(url);
    page.failures = reason ? page.failures + 1 : 0;
    if (reason) console.log(new Date().toISOString(), reason);

    // A mail that could not be sent leaves the state as it was: the next check tries again.
    if (!page.down && page.failures >= arg.failures) {
        page.down = tell(`DOWN: ${url}`, `${reason}\n\nChecks that failed in a row: ${page.failures}`);
    } else if (page.down && !reason) {
        page.down = !tell(`UP again: ${url}`, `${url} answers as it should.`);
    }
    return reason !== "";
}

function round() {
    anyDown = false;
    for (const url of arg.urls) anyDown = check(url) || anyDown;
    rounds += 1;
    if (rounds === arg.rounds) exit(anyDown ? 1 : 0); // rounds 0: for ever
    setTimeout(round, arg.every * 1000);
}

round();
