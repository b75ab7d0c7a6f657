"""The bare smtplib script of the measurements: PORT COUNT [ATTACHMENT]."""

import smtplib
import sys

TEXT = "The backup of server db1 failed at 03:12.\nPlease look at it.\n"
HEADERS = {"From": "Ann <ann@example.com>", "To": "Bob <bob@example.com>", "Subject": "Backup failed"}


def mail_with(path: str) -> str:
    """Return a mail with an attachment."""
    from email.message import EmailMessage

    mail = EmailMessage()
    for name, value in HEADERS.items():
        mail[name] = value
    mail.set_content(TEXT)
    with open(path, "rb") as file:
        mail.add_attachment(file.read(), maintype="application", subtype="octet-stream", filename="data.bin")
    return mail.as_string()


for _ in range(int(sys.argv[2])):
    plain = "".join(f"{name}: {value}\n" for name, value in HEADERS.items()) + "\n" + TEXT
    message = mail_with(sys.argv[3]) if len(sys.argv) > 3 else plain
    with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as server:
        server.login("ann@example.com", "a password")
        server.sendmail("ann@example.com", ["bob@example.com"], message)
print("sent", sys.argv[2])
