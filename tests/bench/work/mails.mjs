// The node + nodemailer script of the measurements: PORT COUNT [starttls CA_FILE | pool].
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [port, count, mode, caFile] = process.argv.slice(2);
const options = {
  host: "127.0.0.1", port: Number(port), secure: false,
  auth: { user: "ann@example.com", pass: "a password" },
};
if (mode === "starttls") Object.assign(options, { requireTLS: true, tls: { ca: readFileSync(caFile) } });
else options.ignoreTLS = true;
const pooled = mode === "pool" && nodemailer.createTransport({ ...options, pool: true, maxConnections: 1, maxMessages: Infinity });
for (let i = 0; i < Number(count); i++) {
  await (pooled || nodemailer.createTransport(options)).sendMail({
    from: "Ann <ann@example.com>", to: "Bob <bob@example.com>",
    subject: "Backup failed", text: "The backup of server db1 failed at 03:12.\nPlease look at it.\n",
  });
}
if (pooled) pooled.close();
console.log("sent", count);
