let r = send_email({ host: arg.host, port: arg.port, user: "", pass: "", from: { email: "a@example.com", name: "A" },
    to: { email: "b@example.com", name: "B" }, subject: "s", body: "b" });
if (r.code !== 0) {
console.log("=== JOURNAL SMTP ===");
console.log(r.log);
console.log("=== ERREUR ===");
console.log(r.error);
}
