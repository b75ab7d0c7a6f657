"""A mail's way over an open session: sender, recipients, message (RFC 5321 section 3.3)."""

from __future__ import annotations

import time

from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.reply import ConnectionLost, ProtocolError, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.envelope import Envelope
    from jsnpy.smtp.message import Message
    from jsnpy.smtp.reply import Reply
    from jsnpy.smtp.session import Session

_DOT = b".\r\n"
_CHUNK = 128 * 1024
_ONE_GO = 16 * 1000
"""Bytes up to which a message is sent together with its dot: so many fit into one TLS record."""

_AHEAD = 50
"""Commands sent in one go: so few that neither side's buffers fill up while the other one writes too."""

_SIZE_DIGITS = 20
"""A limit of more digits is none, and Python refuses to make a number of very many."""

_SETTLE_TIME = 2.0
_GO_AHEAD = 354


class Transaction:
    """One mail on an open session; used once.

    Its commands are sent one by one, or, where the session pipelines, many at a time before the first reply is read
    (RFC 2920). The message is always sent after all replies.

    Args:
        session: greeted, and logged in where that is wanted.
        envelope: from whom, to whom.
        message: the bytes.
    """

    def __init__(self, session: Session, envelope: Envelope, message: Message) -> None:
        self._session = session
        self._envelope = envelope
        self._message = message
        self._later: list[str] = []
        self._due = 0

    def run(self) -> None:
        """Hand the mail over; returns only if the server took it.

        Raises:
            SendFailure: it did not.
            ReplyError: the connection failed.
        """
        session = self._session
        place, details = session.server.place, session.details
        session.stage = "mail"
        sender = f"MAIL FROM:<{self._envelope.sender.wire}>{self._parameters()}"
        recipients = [f"RCPT TO:<{address.wire}>" for address in self._envelope.recipients]
        if session.pipelines:
            self._later = [sender, *recipients, "DATA"]
        try:
            reply = self._ask(sender)
            if not reply.positive:
                what = f"{place} refused the sender {self._envelope.sender.email}"
                raise session.refuse(Code.SENDER, what, reply)
            session.stage = "rcpt"
            accepted = self._recipients(recipients)
            session.stage = "data"
            reply = self._ask("DATA")
            if reply.code != _GO_AHEAD:
                raise session.refuse(Code.MESSAGE, f"{place} refused the message (DATA)", reply)
        except SendFailure:
            self._settle()
            raise
        session.stage = "message"
        reply = self._hand_over()
        session.check_consistent(reply)
        if not reply.positive and not reply.negative:
            raise ProtocolError("the answer to the message is neither yes nor no", str(reply.code).encode())
        if not reply.positive:
            raise session.refuse(Code.MESSAGE, f"{place} refused the message", reply)
        details.accepted = accepted
        details.decide(reply)
        session.stage = "done"
        session.transcript.event(f"accepted by the server ({session.transcript.elapsed()})")

    # --- commands

    def _ask(self, line: str) -> Reply:
        """Return the reply to a command, which was sent with an earlier one, or is now, with those that follow it."""
        session = self._session
        if self._due:
            self._due -= 1
            reply = session.answer()
        else:
            lines = self._later[:_AHEAD] or [line]
            del self._later[:_AHEAD]
            self._due = len(lines) - 1
            reply = session.exchange(*lines)
        session.check_consistent(reply)
        return reply

    def _settle(self) -> None:
        """After a refusal, read the replies to what was sent ahead, so that the session may go on."""
        session = self._session
        session.deadline = min(session.deadline, time.monotonic() + _SETTLE_TIME)
        try:
            while self._due and not session.over:
                self._due -= 1
                if session.answer().code == _GO_AHEAD:
                    session.over = True  # it waits for a message now: any further line would be one
        except ReplyError:
            session.over = True

    def _parameters(self) -> str:
        session, message = self._session, self._message
        parameters = ""
        if "SIZE" in session.features:
            words = [word for word in session.features["SIZE"][:1] if word.isascii() and word.isdigit()]
            limit = int(words[0]) if words and len(words[0]) <= _SIZE_DIGITS else 0
            if 0 < limit < len(message.data):
                what = f"the message has {len(message.data)} bytes, {session.server.place} takes {limit} at the most"
                raise SendFailure(Code.MESSAGE, "mail", what, hint="make the mail smaller")
            parameters += f" SIZE={len(message.data)}"
        special = self._envelope.needs_utf8
        if special is None and message.needs_8bit:
            special = "an address in a header"
        session.command_encoding = "ascii"
        if special is not None:
            if "SMTPUTF8" not in session.features:
                place = session.server.place
                what = f"{special} has letters before the @ that are not ASCII, which {place} cannot transport"
                raise SendFailure(Code.ARGUMENT, "mail", what, hint="it does not offer SMTPUTF8; use an ASCII address")
            session.command_encoding = "utf-8"
            parameters += " SMTPUTF8 BODY=8BITMIME"
        return parameters

    def _recipients(self, lines: list[str]) -> list[str]:
        session = self._session
        place, details = session.server.place, session.details
        accepted: list[str] = []
        refusals: list[Reply] = []
        for address, line in zip(self._envelope.recipients, lines, strict=True):
            reply = self._ask(line)
            if reply.positive:
                accepted.append(address.email)
                continue
            refusals.append(reply)
            details.rejected.append({"email": address.email, "code": reply.code, "text": reply.text})
            if session.over:
                raise session.refuse(Code.RECIPIENTS, f"{place} refused the recipient {address.email}", reply)
        if not accepted:
            # One that may pass decides: the mail is worth another try then.
            reply = next((each for each in refusals if each.transient), refusals[0])
            emails = [str(each["email"]) for each in details.rejected]
            who = f"the recipient {emails[0]}" if len(emails) == 1 else f"all {len(emails)} recipients"
            raise session.refuse(Code.RECIPIENTS, f"{place} refused {who}", reply)
        for each in details.rejected:
            session.transcript.event(f"recipient {each['email']} refused: {each['code']} {each['text']}")
        return accepted

    # --- the message

    def _hand_over(self) -> Reply:
        """Send the message, dots stuffed, and return the reply to the final dot."""
        session = self._session
        data = self._message.data
        if b"\r\n." in data:
            data = data.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2; the first line is a header
        session.transcript.message(data)
        ahead, last = (data, _DOT) if len(data) > _ONE_GO else (b"", data + _DOT)
        view = memoryview(ahead)
        try:
            for start in range(0, len(view), _CHUNK):
                session.send(view[start : start + _CHUNK])
        except ConnectionLost as lost:
            return session.reply_before_close(lost)
        early = session.reader.unasked()
        if early:
            # An answer before the dot: a refusal counts, a yes to what was not said yet does not. But it may
            # deliver what it has: something on the way may have looked like the dot.
            reply = session.answer()
            session.over = True
            if reply.negative:
                return reply
            session.dot_sent = bool(ahead)
            raise ProtocolError("the server answered before the message was whole", early)
        session.over = True  # where this stops, QUIT would be a line of the message
        session.before_dot()
        session.transcript.client(b".")
        try:
            session.send(last)
        except ConnectionLost as lost:  # the bytes that were not taken are the last ones, the dot among them
            return session.reply_before_close(lost)
        session.over = False
        session.dot_sent = True
        return session.answer()
