// Sends a table as an HTML mail, with a plain text beside it for readers without HTML, and as a CSV file attached.
// It goes to several people: to and cc see each other, bcc is seen by none.
//
//     jsnpy configs/DailyReport.json
//     jsnpy configs/DailyReport.json --dry-run --mailbox /tmp/report     look at it in a browser first

const today = new Date().toISOString().slice(0, 10);
const title = `${arg.title} ${today}`;

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const html = (value) => String(value).replace(/[&<>"]/g, (char) => entities[char]);
const cells = (tag, row) => "<tr>" + row.map((value) => `<${tag}>${html(value)}</${tag}>`).join("") + "</tr>";
const csv = (value) => (/[",;\r\n]/.test(value) ? `"${String(value).replace(/"/g, '""')}"` : String(value));

const table = [arg.columns, ...arg.rows];

const sent = send_email({
    ...arg.mail,
    to: arg.to,
    cc: arg.cc,
    bcc: arg.bcc,
    reply_to: arg.reply_to,
    subject: title,
    body: table.map((row) => row.join("\t")).join("\n"),
    html:
        `<h1>${html(title)}</h1>\n<table border="1" cellpadding="4" style="border-collapse: collapse">\n` +
        cells("th", arg.columns) + "\n" + arg.rows.map((row) => cells("td", row)).join("\n") + "\n</table>\n",
    attachments: [{
        filename: `report-${today}.csv`,
        content_type: "text/csv; charset=utf-8",
        // The mark at the start makes Excel read UTF-8.
        content: "\ufeff" + table.map((row) => row.map(csv).join(",")).join("\r\n") + "\r\n",
    }],
});

if (sent.code !== 0) {
    console.error(sent.error);
    exit(1);
}
// Some may have been refused while the mail went to the others.
for (const one of sent.details.rejected) console.error(`not delivered to ${one.email}: ${one.code} ${one.text}`);
console.log(`sent to ${sent.details.accepted.length} recipients`);
