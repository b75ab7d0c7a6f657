"""Postfix from Debian with Dovecot's SASL, in a root folder of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess

from support.brokers import wait_until
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
    end,
    free_port,
)

_USERS = ("postfix", "postdrop", "dovecot", "dovenull")
_POSTFIX, _POSTDROP = 2101, 2102
_WAITING = ("incoming", "active", "deferred", "maildrop")
_QUEUES = ("bounce", "corrupt", "defer", "flush", "hold", "private", "saved", "trace", *_WAITING[:-1])

_MAIN = """
compatibility_level = 3.6
myhostname = mail.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtputf8_enable = yes
maillog_file = /log/mail.log
maillog_file_prefixes = /log
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
data_directory = /var/lib/postfix
queue_directory = /var/spool/postfix
alias_maps =
local_recipient_maps =
message_size_limit = {size}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = may
smtpd_tls_chain_files = /certificate.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{{unknown} = 550 5.1.1 no such user here}} {{{grey} = 451 4.7.1 greylisted}} }},
    reject_unauth_destination
header_checks = regexp:/etc/postfix/header_checks
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = static:all/
virtual_mailbox_base = /mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
virtual_minimum_uid = 100
"""

_MASTER = """
127.0.0.1:{plain} inet n - n - - smtpd
127.0.0.1:{ssl} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""

_DOVECOT = """
protocols = {protocols}
base_dir = /run/dovecot
log_path = /log/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = {mechanisms}
default_internal_user = dovecot
default_internal_group = dovecot
default_login_user = dovenull
passdb {{
{passwords}
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home=/mail
}}
service auth {{
  chroot =
  unix_listener /var/spool/postfix/private/auth {{
    mode = 0666
  }}
}}
service stats {{
  chroot =
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

_PASSWORDS = """
  driver = passwd-file
  args = scheme=PLAIN username_format=%u /etc/dovecot/users
"""

_TOKENS = """
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = /etc/dovecot/introspection
"""

_INTROSPECTION = """
introspection_mode = post
introspection_url = {url}
active_attribute = active
active_value = true
username_attribute = email
scope = smtp
timeout_msecs = 3000
"""

_SUBMISSION = """
submission_relay_host = 127.0.0.1
submission_relay_port = {plain}
hostname = mail.test
mail_location = maildir:/var/lib/postfix/submission
service submission-login {{
  chroot =
  inet_listener submission {{
    address = 127.0.0.1
    port = {submission}
  }}
}}
service submission {{
  chroot =
}}
"""


class Postfix(RealServer):
    """Postfix's master in the foreground, Dovecot beside it for the passwords; offers PLAIN, LOGIN and CRAM-MD5.

    Args:
        introspection: URL where Dovecot asks about access tokens; with it, tokens are taken instead of passwords, and
            Dovecot's own submission server is there too, in the mode "submission".
    """

    name = "postfix"

    def __init__(self, introspection: str = "") -> None:
        more = ("dovecot-submissiond",) if introspection else ()
        root = root_with("postfix-oauth" if more else "postfix", "postfix", "dovecot-core", *more, users=_USERS)
        super().__init__(root)
        self._dovecot: subprocess.Popen[bytes] | None = None
        plain, ssl = free_port(), free_port()
        self.ports = {"plain": plain, "starttls": plain, "ssl": ssl}
        self.log_file = os.path.join(root, "log", "server.log")
        self._folders()
        certificate = os.path.join(root, "certificate.pem")
        authority().issue_cert("mail.test").private_key_and_cert_chain_pem.write_to_path(certificate)
        main = _MAIN.format(size=SIZE, unknown=UNKNOWN, grey=GREYLISTED, domain=DOMAIN, uid=_POSTFIX)
        self._write("etc/postfix/main.cf", main)
        self._write("etc/postfix/master.cf", _MASTER.format(plain=plain, ssl=ssl))
        self._write("etc/postfix/header_checks", f"/^Subject: {REFUSED_SUBJECT}/ REJECT 5.7.1 not wanted\n")
        self._write("etc/dovecot/dovecot.conf", self._dovecot_conf(introspection))
        self._write("etc/dovecot/introspection", _INTROSPECTION.format(url=introspection))
        self._write("etc/dovecot/users", f"{USER}:{{PLAIN}}{PASSWORD}\n")

    def _dovecot_conf(self, introspection: str) -> str:
        if not introspection:
            return _DOVECOT.format(uid=_POSTFIX, protocols="", mechanisms="plain login cram-md5", passwords=_PASSWORDS)
        self.ports["submission"] = free_port()
        mechanisms = "xoauth2 oauthbearer"
        conf = _DOVECOT.format(uid=_POSTFIX, protocols="submission", mechanisms=mechanisms, passwords=_TOKENS)
        return conf + _SUBMISSION.format(plain=self.ports["plain"], submission=self.ports["submission"])

    def _folders(self) -> None:
        queue = os.path.join(self.folder, "var", "spool", "postfix")
        for path in ("mail", "log", "run", "var/spool/postfix", "var/lib/postfix"):
            shutil.rmtree(os.path.join(self.folder, path), ignore_errors=True)
            os.makedirs(os.path.join(self.folder, path))
        os.makedirs(os.path.join(self.folder, "run", "dovecot"))
        for name in _QUEUES:
            os.makedirs(os.path.join(queue, name), 0o700)
            shutil.chown(os.path.join(queue, name), _POSTFIX)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            os.makedirs(os.path.join(queue, name))
            os.chown(os.path.join(queue, name), _POSTFIX, _POSTDROP)
            os.chmod(os.path.join(queue, name), mode)
        os.makedirs(os.path.join(queue, "pid"))
        for path in ("mail", "var/lib/postfix"):
            os.chown(os.path.join(self.folder, path), _POSTFIX, _POSTFIX)

    def _write(self, name: str, text: str) -> None:
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self) -> None:
        """Start Dovecot, then Postfix."""
        chroot = ["chroot", self.folder]
        if self._dovecot is None:
            with open(self.log_file, "ab") as log:
                self._dovecot = subprocess.Popen(
                    [*chroot, "/usr/sbin/dovecot", "-F"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            # Without Dovecot to ask, Postfix's server ends at its first client, and is started again a minute later.
            wait_until(self._dovecot_answers, f"Dovecot answers Postfix\n{self.log()}")
        self.launch([*chroot, "/usr/lib/postfix/sbin/master", "-c", "/etc/postfix", "-d"])

    def _dovecot_answers(self) -> bool:
        folder = os.open(os.path.join(self.folder, "var", "spool", "postfix", "private"), os.O_PATH)
        try:
            with socket.socket(socket.AF_UNIX) as asks:
                asks.connect(f"/proc/self/fd/{folder}/auth")  # the whole path may be too long for a socket's
        except OSError:
            return False
        finally:
            os.close(folder)
        return True

    def stop(self) -> None:
        """End both."""
        super().stop()
        dovecot, self._dovecot = self._dovecot, None
        if dovecot is not None:
            end(dovecot)

    def queued(self) -> int:
        """Return how many messages are in the queues; one that is not whole yet is not executable there."""
        queue = os.path.join(self.folder, "var", "spool", "postfix")
        waiting = 0
        for folder, _, names in (step for name in _WAITING for step in os.walk(os.path.join(queue, name))):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    waiting += bool(os.stat(os.path.join(folder, name)).st_mode & 0o100)
        return waiting

    def log(self) -> str:
        """Return the end of what both said."""
        text = super().log()
        for name in ("mail.log", "dovecot.log"):
            path = os.path.join(self.folder, "log", name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-4000:]
        return text
