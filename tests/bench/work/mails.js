// arg: { port, count, ssl?, starttls?, ca_file?, keep_alive?, attachment?, recipients?, size?, pass? }
for (let i = 0; i < arg.count; i++) {
  const mail = {
    host: "127.0.0.1", port: arg.port, user: "ann@example.com", pass: arg.pass || "a password",
    ssl: arg.ssl, starttls: arg.starttls, keep_alive: arg.keep_alive,
    from: { email: "ann@example.com", name: "Ann" }, to: { email: "bob@example.com", name: "Bob" },
    subject: "Backup failed", body: "The backup of server db1 failed at 03:12.\nPlease look at it.\n",
  };
  if (arg.ssl || arg.starttls) mail.tls = { ca_file: arg.ca_file };
  if (arg.recipients) mail.to = Array.from({ length: arg.recipients }, (_, n) => `bob${n}@example.com`);
  if (arg.size) mail.body = "The log of the night.\n".repeat(arg.size / 22);
  if (arg.attachment) mail.attachments = [{ path: arg.attachment }];
  const result = send_email(mail);
  if (result.code !== 0) {
    console.error(result.error);
    exit(1);
  }
}
console.log("sent", arg.count);
