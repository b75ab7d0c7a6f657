// An alert that must come through: by mail, and where the mail server does not take it, through a chat's webhook
// (Slack, Mattermost and Teams workflows take JSON like this).
//
//     jsnpy configs/MailOrWebhook.json --set "body=Line 3 has stopped"

const mail = send_email({ ...arg.mail, subject: arg.subject, body: arg.body });
if (mail.code === 0) {
    console.log("told by mail");
    exit(0);
}
console.error(mail.error);

const text = `${arg.subject}\n${arg.body}\n(no mail: ${mail.error})`;
const answer = http_post(arg.webhook, JSON.stringify({ text }), ["Content-Type: application/json"]);
if (answer.status >= 200 && answer.status < 300) {
    console.log("told by webhook");
    exit(0);
}
console.error(answer.error || `the webhook answers with status ${answer.status}: ${answer.body.slice(0, 200)}`);
exit(1);
