// The node + nodemailer script of the measurements: PORT COUNT.
import nodemailer from "nodemailer";

const count = Number(process.argv[3]);
for (let i = 0; i < count; i++) {
  const transport = nodemailer.createTransport({
    host: "127.0.0.1", port: Number(process.argv[2]), secure: false, ignoreTLS: true,
    auth: { user: "ann@example.com", pass: "a password" },
  });
  await transport.sendMail({
    from: "Ann <ann@example.com>", to: "Bob <bob@example.com>",
    subject: "Backup failed", text: "The backup of server db1 failed at 03:12.\nPlease look at it.\n",
  });
}
console.log("sent", count);
