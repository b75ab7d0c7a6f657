// arg: { port, count, ssl?, ca_file?, keep_alive?, attachment? }
for (let i = 0; i < arg.count; i++) {
  const mail = {
    host: "127.0.0.1", port: arg.port, user: "ann@example.com", pass: "a password",
    ssl: arg.ssl, starttls: false, keep_alive: arg.keep_alive,
    from: { email: "ann@example.com", name: "Ann" }, to: { email: "bob@example.com", name: "Bob" },
    subject: "Backup failed", body: "The backup of server db1 failed at 03:12.\nPlease look at it.\n",
  };
  if (arg.ssl) mail.tls = { ca_file: arg.ca_file };
  if (arg.attachment) mail.attachments = [{ path: arg.attachment }];
  const result = send_email(mail);
  if (result.code !== 0) {
    console.error(result.error);
    exit(1);
  }
}
console.log("sent", arg.count);
