"""A mail's way over an open session: sender, recipients, message (RFC 5321 section 3.3)."""

from __future__ import annotations

from jsnpy.smtp.outcome import Code, SendFailure, refusals
from jsnpy.smtp.reply import ProtocolError, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.addresses import Address
    from jsnpy.smtp.envelope import Envelope
    from jsnpy.smtp.message import Message
    from jsnpy.smtp.reply import Reply
    from jsnpy.smtp.session import Session

_SIZE_DIGITS = 20
"""A limit with more digits is not a limit, and Python refuses to make a number of very many."""

_SETTLE_TIME = 2.0
_FULL = 452
"""What says that a server takes no more recipients at a time (RFC 5321 section 4.5.3.1.10), and many other things."""

_EXCEEDED = 552


class Transaction:
    """One mail on an open session; used once.

    A server that takes only so many recipients at a time gets the others in further transactions, with the same bytes.
    Commands are sent one by one, or, where the session pipelines, many at a time before the first reply is read
    (RFC 2920). The message is always sent after all replies.
    """

    def __init__(self, session: Session, envelope: Envelope, message: Message, *, probe: bool = False) -> None:
        self._session = session
        self._envelope = envelope
        self._message = message
        self._probe = probe
        self._limit: Reply | None = None

    def run(self) -> None:
        """Hand the mail over; returns only if the server accepted it, for some recipient at least."""
        session = self._session
        session.stage = "mail"
        session.command_encoding = "ascii"
        options = self._options()
        left = self._one(options, self._envelope.recipients)
        while left:
            session.transcript.event(
                f"a further transaction for {len(left)} recipients that were too many for the last"
            )
            try:
                left = self._one(options, left)
            except (SendFailure, ReplyError) as error:
                self._leave_out(left, error)
                break
        for each in session.details.rejected:
            session.transcript.event(f"recipient {each['email']} refused: {each['code']} {each['text']}")
        if self._probe:
            session.transcript.event("a probe: nothing was sent")
            return
        session.stage = "done"
        session.transcript.event(f"accepted by the server ({session.transcript.elapsed()})")

    def _one(self, options: list[str], recipients: list[Address]) -> list[Address]:
        """Make one transaction, and return the recipients that are left for a further one."""
        session, sender = self._session, self._envelope.sender
        place = session.server.place
        session.stage = "mail"
        session.dot_sent = False
        if session.pipelines:
            session.planned = [
                " ".join([f"MAIL FROM:<{sender.wire}>", *options]),
                *(f"RCPT TO:<{each.wire}>" for each in recipients),
                *(() if self._probe else ("DATA",)),
            ]
        try:
            session.mail(sender.wire, options)
            if not session.last_reply.positive:
                raise session.refuse(Code.SENDER, f"{place} refused the sender {sender.email or '<>'}")
            session.stage = "rcpt"
            accepted, left = self._recipients(recipients)
            if self._probe:
                session.details.decide(session.last_reply)
                session.rset()
            else:
                self._hand_over()
        except SendFailure:
            session.settle(_SETTLE_TIME)
            raise
        session.details.accepted += accepted
        return left

    def _options(self) -> list[str]:
        """Return the parameters of MAIL (SIZE, SMTPUTF8)."""
        session, message = self._session, self._message
        place = session.server.place
        options = []
        if session.has_extn("size"):
            word = session.esmtp_features["size"].partition(" ")[0]
            limit = int(word) if word.isascii() and word.isdigit() and len(word) <= _SIZE_DIGITS else 0
            if 0 < limit < len(message.data):
                what = f"the message has {len(message.data)} bytes, {place} takes {limit} at most"
                raise SendFailure(Code.MESSAGE, "mail", what, hint="make the mail smaller")
            options.append(f"SIZE={len(message.data)}")
        special = self._envelope.needs_utf8
        if special is None and message.needs_8bit:
            special = "an address in a header"
        if special is not None:
            if not session.has_extn("smtputf8"):
                what = f"{special} has letters before the @ that are not ASCII, which {place} cannot transport"
                raise SendFailure(Code.ARGUMENT, "mail", what, hint="it does not offer SMTPUTF8; use an ASCII address")
            session.command_encoding = "utf-8"
            options += ["SMTPUTF8", *(["BODY=8BITMIME"] if session.has_extn("8bitmime") else [])]
        return options

    def _recipients(self, recipients: list[Address]) -> tuple[list[str], list[Address]]:
        """Return who was accepted, and who is left for a further transaction."""
        session = self._session
        place, rejected = session.server.place, session.details.rejected
        accepted: list[str] = []
        refused: list[Reply] = []
        left: list[Address] = []
        for address in recipients:
            if left and not session.is_ahead:
                left.append(address)
                continue
            session.rcpt(address.wire)
            reply = session.last_reply
            if reply.positive:
                accepted.append(address.email)
            elif accepted and _too_many(reply) and not session.over:
                self._limit = reply
                session.planned.clear()
                left.append(address)
            else:
                refused.append(reply)
                rejected.append({"email": address.email, "code": reply.code, "text": reply.text})
            if session.over:
                raise session.refuse(Code.RECIPIENTS, f"{place} refused the recipient {address.email}")
        if not accepted:
            # One that may pass decides: the mail is worth another attempt then.
            session.last_reply = next((each for each in refused if each.transient), refused[0])
            mine = rejected[len(rejected) - len(refused) :]
            who = f"the recipient {mine[0]['email']}" if len(mine) == 1 else f"all {len(mine)} recipients"
            if len({each.text for each in refused}) > 1:
                who += f" ({refusals(mine)})"
            raise session.refuse(Code.RECIPIENTS, f"{place} refused {who}")
        return accepted, left

    def _hand_over(self) -> None:
        session = self._session
        place = session.server.place
        session.stage = "data"
        session.data(self._message.data)
        reply = session.last_reply
        if session.stage == "data":
            raise session.refuse(Code.MESSAGE, f"{place} refused the message (DATA)")
        if reply.negative:
            raise session.refuse(Code.MESSAGE, f"{place} refused the message")
        if not reply.positive:
            raise ProtocolError("the answer to the message is neither yes nor no", reply.said)
        session.details.decide(reply)

    def _leave_out(self, left: list[Address], error: SendFailure | ReplyError) -> None:
        """Note whom a further transaction did not serve, after an earlier one served others."""
        session, details = self._session, self._session.details
        failure = error if isinstance(error, SendFailure) else session.failure(error)
        if failure.code == Code.UNKNOWN:
            others = len(details.accepted)
            failure.what += (
                f" to {len(left)} of the recipients, and was delivered to {others} other{'s' * (others > 1)}"
            )
            raise failure from None
        reply = failure.reply or self._limit
        text = "" if reply is None else reply.text
        if failure.reply is None:
            text = f"{text}; then: {failure.what}"
        known = {each["email"] for each in details.rejected}
        for each in left:
            if each.email not in known:
                details.rejected.append({"email": each.email, "code": reply.code if reply else _FULL, "text": text})
        if not session.over:
            try:
                session.rset()
            except ReplyError:
                session.over = True


def _too_many(reply: Reply) -> bool:
    """Return whether a server takes this recipient, but not with those it has accepted."""
    enhanced, text = reply.enhanced or "", reply.text.lower()
    if enhanced.endswith(".5.3"):
        return True
    if any(who in text for who in ("recipient", "rcpt")) and any(
        what in text for what in ("too many", "limit", "maximum", "max ")
    ):
        return True
    if reply.code == _EXCEEDED:  # RFC 821 had it for that, and servers without enhanced codes do
        return not enhanced
    return reply.code == _FULL and not enhanced.startswith("4.2.")  # which is about the mailbox alone
