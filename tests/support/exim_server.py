"""Exim 4 from Debian, in a root folder of its own."""

from __future__ import annotations

import os
import shutil

from support.certificates import authority
from support.debian_root import root_with
from support.real_server import (
    DOMAIN,
    GREYLISTED,
    PASSWORD,
    REFUSED_SUBJECT,
    SIZE,
    UNKNOWN,
    USER,
    RealServer,
    free_port,
)

_UID = 2101

_CONFIG = """
primary_hostname = mail.test
log_file_path = /log/%slog
pid_file_path = /log/pid
spool_directory = /spool
local_interfaces = 127.0.0.1
daemon_smtp_ports = {plain} : {ssl}
tls_on_connect_ports = {ssl}
tls_advertise_hosts = *
tls_certificate = /certificate.pem
auth_advertise_hosts = *
message_size_limit = {size}
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
host_lookup =
dns_ipv4_lookup = *
acl_smtp_rcpt = rcpt
acl_smtp_data = data
never_users =
keep_environment =

begin acl
rcpt:
  defer recipients = {grey}
        message = 4.7.1 greylisted, try again
  deny  recipients = {unknown}
        message = 5.1.1 no such user here
  accept domains = {domain}
  deny  message = 5.7.1 relaying denied
data:
  deny  condition = ${{if match{{$h_subject:}}{{{refused}}}}}
        message = 5.7.1 not wanted
  accept

begin routers
all:
  driver = accept
  transport = folder

begin transports
folder:
  driver = appendfile
  directory = /mail
  maildir_format
  create_directory
  user = exim
  group = exim
  mode = 0644

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{user}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
"""


class Exim(RealServer):
    """Exim, a daemon in the foreground; a process of its own for each session."""

    name = "exim"

    def __init__(self) -> None:
        # exim4-daemon-light is compiled for the user Debian-exim and /etc/exim4/exim4.conf.
        root = root_with("exim", "exim4-daemon-light", users=("exim", "Debian-exim"))
        super().__init__(root)
        plain, ssl = free_port(), free_port()
        self.ports = {"plain": plain, "starttls": plain, "ssl": ssl}
        for folder in ("mail", "spool", "log"):
            path = os.path.join(root, folder)
            shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path)
            shutil.chown(path, _UID + (folder != "mail"), _UID + (folder != "mail"))
        certificate = os.path.join(root, "certificate.pem")
        authority().issue_cert("mail.test").private_key_and_cert_chain_pem.write_to_path(certificate)
        os.chmod(certificate, 0o644)
        os.makedirs(os.path.join(root, "etc", "exim4"), exist_ok=True)
        config = _CONFIG.format(
            plain=plain,
            ssl=ssl,
            size=SIZE,
            grey=GREYLISTED,
            unknown=UNKNOWN,
            domain=DOMAIN,
            refused=REFUSED_SUBJECT,
            user=USER,
            password=PASSWORD,
        )
        with open(os.path.join(root, "etc", "exim4", "exim4.conf"), "w", encoding="utf-8") as file:
            file.write(config)
        self.log_file = os.path.join(root, "server.log")

    def start(self) -> None:
        """Start the daemon."""
        self.launch(["chroot", self.folder, "/usr/sbin/exim4", "-bdf", "-q1h"])

    def queued(self) -> int:
        """Return how many whole messages are in the spool."""
        spool = os.path.join(self.folder, "spool", "input")
        return sum(name.endswith("-H") for name in os.listdir(spool)) if os.path.isdir(spool) else 0

    def log(self) -> str:
        """Return the end of Exim's main log."""
        text = super().log()
        for name in ("mainlog", "paniclog"):
            path = os.path.join(self.folder, "log", name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-4000:]
        return text
