// npm's smtp-server (by nodemailer's author), run by node_server.py: settings as JSON in argv[2].
"use strict";

const { writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { SMTPServer } = require("smtp-server");

const settings = JSON.parse(process.argv[2]);
let received = 0;

function refusal(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

function serve(secure, port) {
  const server = new SMTPServer({
    secure,
    name: "mail.test",
    key: settings.key,
    cert: settings.cert,
    size: settings.size,
    authOptional: true,
    allowInsecureAuth: true,
    authMethods: ["PLAIN", "LOGIN"],
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth({ username, password }, _session, done) {
      if (username === settings.user && password === settings.password) done(null, { user: username });
      else done(refusal(535, "5.7.8 Invalid username or password"));
    },
    onRcptTo({ address }, _session, done) {
      if (address === settings.unknown) done(refusal(550, "5.1.1 no such user here"));
      else if (address === settings.greylisted) done(refusal(451, "4.7.1 greylisted, try again"));
      else if (!address.endsWith("@" + settings.domain)) done(refusal(554, "5.7.1 relaying denied"));
      else done();
    },
    onData(stream, _session, done) {
      const parts = [];
      stream.on("data", (part) => parts.push(part));
      stream.on("end", () => {
        const text = Buffer.concat(parts);
        if (stream.sizeExceeded) return done(refusal(552, "5.3.4 too large"));
        if (text.includes("Subject: " + settings.refused)) return done(refusal(550, "5.7.1 not wanted"));
        writeFileSync(join(settings.folder, `${process.pid}-${++received}`), text);
        return done(null, "2.0.0 queued");
      });
    },
  });
  server.on("error", (error) => console.error(error.message));
  return server.listen(port, "127.0.0.1");
}

serve(false, settings.plain);
serve(true, settings.ssl);
