"""Fills an outbox by failed sends, as scripts do: DIR PORT COUNT; the mails are for PORT, and due."""

import os
import shutil
import socket
import sys
import tempfile
import time

from jsnpy.outbox import Outbox
from jsnpy.smtp import Route, Settings

folder, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
# Where the system has a disk in memory, as ten thousand mails are noted three times each.
memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
made = tempfile.mkdtemp(dir=memory)
with socket.create_server(("127.0.0.1", 0)) as listener:
    dead = listener.getsockname()[1]
outbox = Outbox(made, clock=lambda: time.time() - 3600)
settings = Settings(route=lambda _: Route("127.0.0.1", dead))
for number in range(count):
    mail = {
        "host": "127.0.0.1", "port": port, "user": "ann@example.com", "pass": "a password",
        "from": "ann@example.com", "to": "bob@example.com", "subject": f"Backup {number} failed",
        "body": "The backup of server db1 failed at 03:12.\nPlease look at it.\n",
    }  # fmt: skip
    assert outbox.send(mail, settings).details["queued"]
outbox.close()
shutil.rmtree(folder, ignore_errors=True)
shutil.move(made, folder)
