// Sends the mail that alert.json describes; exit code 1 tells the scheduler that it did not go out.
//
//     jsnpy alert.json                                     send it
//     jsnpy alert.json --dry-run                           look at it first: nothing leaves this machine
//     jsnpy alert.json --set "body=Disk C: is 95 % full"   another text for this run

const result = send_email({
  host: arg.host,
  port: arg.port,
  starttls: arg.starttls,
  user: arg.user,
  pass: arg.pass,
  from: arg.from,
  to: arg.to,
  subject: arg.subject,
  body: arg.body,
});

if (result.code === 0) {
  console.log("sent to", result.details.accepted.join(", "));
} else {
  console.error(result.error);
  console.error(result.log);
  exit(1);
}
