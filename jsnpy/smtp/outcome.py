"""How a send ended: its code, its sentence, its details."""

from __future__ import annotations

from jsnpy.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jsnpy.smtp.reply import Reply

_NAMED = 5
_SENTENCE_MAX = 2000
_WORDS_MAX = 300


class Code:
    """The classes of failure; a script sees them as `code`."""

    OK = 0
    ARGUMENT = -1
    CONNECT = -2
    TIMEOUT = -3
    TLS = -4
    AUTH = -5
    SENDER = -6
    RECIPIENTS = -7
    MESSAGE = -8
    PROTOCOL = -9
    UNKNOWN = -10


class SendFailure(Exception):  # noqa: N818 - it is what the contract calls the outcome, and never leaves the room
    """A send that did not succeed.

    Args:
        code: the class, one of `Code`.
        stage: where it happened: argument, token, resolve, connect, greeting, ehlo, starttls, tls, auth, mail, rcpt,
            data or message.
        what: what failed, in the words an administrator needs.
        reply: the server's reply, if it is one that refused.
        hint: what to do about it, or "".
        temporary: without a reply, whether it may pass, where that is known.
    """

    def __init__(
        self,
        code: int,
        stage: str,
        what: str,
        reply: Reply | None = None,
        hint: str = "",
        *,
        temporary: bool | None = None,
    ) -> None:
        super().__init__(what)
        self.code = code
        self.stage = stage
        self.what = what
        self.reply = reply
        self.hint = hint
        self.temporary = temporary if reply is None else reply.transient

    def sentence(self, scrub: Callable[[str], str]) -> str:
        """Return the failure as one line: what failed, the server's words, what to do.

        Args:
            scrub: masks secrets in the server's words.
        """
        text = self.what
        said = "" if self.reply is None else self.reply.words(scrub)
        if said.strip('"') not in scrub(text):
            text += f": {said}"
        if self.hint:
            text += f"; {self.hint}"
        text = scrub(" ".join(text.split()))  # before the cut, which could leave half a secret
        return text if len(text) <= _SENTENCE_MAX else f"{text[:_SENTENCE_MAX]}… ({len(text) - _SENTENCE_MAX} more)"


class Details(Record):
    """The facts of a send, as they become known while it runs.

    Attributes:
        stage: where it is, or "done".
        reply: the reply that decided, or None.
        temporary: True for a 4xx reply, False for any other, None where nobody answered.
        accepted: addresses the server took.
        rejected: addresses it refused, each {"email", "code", "text"}.
        message_id: the Message-ID, or None before there was one.
        attempts: how many connections were tried for this mail.
    """

    stage: str = "argument"
    reply: Reply | None = None
    temporary: bool | None = None
    accepted: list[str] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    message_id: str | None = None
    attempts: int = 0

    def decide(self, reply: Reply | None, temporary: bool | None = None) -> None:
        """Note the reply that decided the outcome; without one, whether that may pass."""
        self.reply = reply
        self.temporary = temporary if reply is None else reply.transient

    def as_dict(self) -> dict[str, Any]:
        """Return the eight properties a script sees."""
        return {
            "stage": self.stage,
            "smtpCode": None if self.reply is None else self.reply.code,
            "enhancedCode": None if self.reply is None else self.reply.enhanced,
            "temporary": self.temporary,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "messageId": self.message_id,
            "attempts": self.attempts,
        }


class SendResult(Record):
    """The result of a send.

    Attributes:
        code: 0, or a class of failure from -1 to -10.
        log: the whole dialogue.
        error: one sentence, "" on success.
        details: stage, smtpCode, enhancedCode, temporary, accepted, rejected, messageId, attempts.
        warnings: lines for the host's stderr, besides the one that a failed send gets from the host.
    """

    code: int
    log: str
    error: str
    details: dict[str, Any]
    warnings: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"SendResult(code={self.code}, error={self.error!r})"


def refusals(rejected: list[dict[str, Any]]) -> str:
    """Return who was refused with which words, on one line: five of them at most."""
    shown = "; ".join(
        f"{each['email']}: {each['code']} {each['text'][:_WORDS_MAX]}".rstrip() for each in rejected[:_NAMED]
    )
    return f"{shown}; and {len(rejected) - _NAMED} more" if len(rejected) > _NAMED else shown
