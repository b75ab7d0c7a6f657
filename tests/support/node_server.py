"""npm's smtp-server, in a Node process of its own."""

from __future__ import annotations

import json
import os
import shutil

from support.certificates import authority
from support.real_server import (
    CACHE,
    DOMAIN,
    GREYLISTED,
    PASSWORD,
    REFUSED_SUBJECT,
    SIZE,
    UNKNOWN,
    USER,
    RealServer,
    Unavailable,
    free_port,
    run,
)

_VERSION = "smtp-server@3"


class NodeServer(RealServer):
    """smtp-server: a second hand at the protocol, and quick to start."""

    name = "npm smtp-server"

    def __init__(self) -> None:
        for tool in ("node", "npm"):
            if shutil.which(tool) is None:
                raise Unavailable(f"needs {tool}")
        super().__init__(os.path.join(CACHE, "npm"))
        os.makedirs(self.folder, exist_ok=True)
        if not os.path.isdir(os.path.join(self.folder, "node_modules", "smtp-server")):
            options = ("--no-fund", "--no-audit", "--prefix", ".")
            run("npm", "install", *options, _VERSION, cwd=self.folder)
        plain, ssl = free_port(), free_port()
        self.ports = {"plain": plain, "starttls": plain, "ssl": ssl}
        shutil.rmtree(self.mail_folder, ignore_errors=True)
        os.makedirs(self.mail_folder)

    def start(self) -> None:
        """Start the process."""
        certificate = authority().issue_cert("mail.test")
        settings = {
            "key": certificate.private_key_pem.bytes().decode(),
            "cert": "".join(part.bytes().decode() for part in certificate.cert_chain_pems),
            "size": SIZE,
            "user": USER,
            "password": PASSWORD,
            "unknown": UNKNOWN,
            "greylisted": GREYLISTED,
            "domain": DOMAIN,
            "refused": REFUSED_SUBJECT,
            "folder": self.mail_folder,
            "plain": self.ports["plain"],
            "ssl": self.ports["ssl"],
        }
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_server.cjs")
        modules = os.path.join(self.folder, "node_modules")
        self.launch(["env", f"NODE_PATH={modules}", "node", script, json.dumps(settings)])
