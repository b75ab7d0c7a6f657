// Sends with an OAuth 2.0 access token instead of a password (XOAUTH2), as Exchange Online asks for.
// Something else fetches the token, for instance a job that runs before this one: the config takes it from the
// environment with "${ENV:SMTP_TOKEN}", or from a file with "${FILE:token.txt}". It is good for an hour or so; where
// it has run out, code is -5.

const sent = send_email({
    host: arg.host,
    port: arg.port,
    starttls: true,
    user: arg.user,
    pass: arg.token,
    auth: "xoauth2",
    from: { email: arg.user, name: arg.name },
    to: arg.to,
    subject: arg.subject,
    body: arg.body,
});

if (sent.code === -5) console.error("The token was refused: has it run out, is SMTP AUTH allowed for the mailbox?");
if (sent.code !== 0) {
    console.error(sent.error);
    exit(1);
}
console.log("sent");
