"""The bare smtplib script of the measurements, as Python's own documentation writes it: PORT COUNT [GIVEN].

GIVEN is a file to attach, "string" or the certificate of a CA. With "string" the mail is a ready text, which spares
smtplib's user the email package; with a certificate the session goes over STARTTLS, verified as jsnpy verifies it.
"""

import smtplib
import sys

TEXT = "The backup of server db1 failed at 03:12.\nPlease look at it.\n"
HEADERS = {"From": "Ann <ann@example.com>", "To": "Bob <bob@example.com>", "Subject": "Backup failed"}

port, count, given = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""
ca_file, attachment = (given, "") if given.endswith(".pem") else ("", given)
for _ in range(count):
    with smtplib.SMTP("127.0.0.1", port) as server:
        if ca_file:
            import ssl

            server.starttls(context=ssl.create_default_context(cafile=ca_file))
        server.login("ann@example.com", "a password")
        if attachment == "string":
            text = "".join(f"{name}: {value}\n" for name, value in HEADERS.items()) + "\n" + TEXT
            server.sendmail("ann@example.com", ["bob@example.com"], text)
            continue
        from email.message import EmailMessage

        mail = EmailMessage()
        for name, value in HEADERS.items():
            mail[name] = value
        mail.set_content(TEXT)
        if attachment:
            with open(attachment, "rb") as file:
                mail.add_attachment(file.read(), maintype="application", subtype="octet-stream", filename="data.bin")
        server.send_message(mail)
sys.stdout.write(f"sent {count}\n")
