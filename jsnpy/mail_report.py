"""What a run says of its mails: each that failed, how many there were, and how far it came when it is ended."""

from __future__ import annotations

from jsnpy.text import printable, seconds, shortened, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.options import Options
    from jsnpy.output import Output
    from jsnpy.smtp import SendResult

_NAMED = 5
"""Recipients that a message names at most: a run may have thousands."""

_ERROR_SHOWN = 1000
_SUBJECT_SHOWN = 60
_MANY = 10
"""Mails from which on a run's end tells how many there were."""


class MailReport:
    """The mails of one run, counted.

    Args:
        options: what its caller decided.
        output: where it prints.

    Attributes:
        failed: how many sends failed.
        refused: how many recipients of accepted mails were refused.
        under_way: the recipients of the mail that is being sent, "" where there is none.
        dot_sent: whether that mail's final dot may have reached the server.
        delivered: what the server said of it, or None as long as it has said nothing.
        kept_as: that mail's ID, where it is known to be kept for a further attempt, or "".
    """

    def __init__(self, options: Options, output: Output) -> None:
        self._options = options
        self._output = output
        self._accepted = 0
        self._last: list[str] = []
        self.failed = 0
        self.refused = 0
        self.under_way = ""
        self.dot_sent = False
        self.delivered: bool | None = None
        self.kept_as = ""

    def begin(self, fields: object) -> None:
        """Note that a mail is being sent."""
        self.dot_sent, self.delivered, self.kept_as = False, None, ""
        self.under_way = _named(_wanted(fields)) or "nobody"

    def end(self, result: SendResult, facts: dict[str, Any]) -> None:
        """Count a mail, and say on stderr what an operator should know of it.

        Args:
            result: what came of it.
            facts: about it, as a JSON object of the log has them.
        """
        self.under_way = ""
        refused = len(result.details["rejected"]) if result.code == 0 else 0
        lost = self._options.fail_on_send_error and (result.code != 0 or refused > 0)
        told = False
        for warning in result.warnings:
            of_refusals = refused > 0 and not told and " refused: " in warning
            told = told or of_refusals
            text = f"{warning} ({_about(facts)})" if of_refusals else warning
            self._output.warn(text, facts if of_refusals else None, always=lost)
        if result.code == 0:
            self._accepted += 1
            self.refused += refused
            self._last = [*self._last, *result.details["accepted"]][-_NAMED:]
            if not told:
                self._output.info(f"send_email returned 0 after {seconds(facts['seconds'])}", facts)
            return
        self.failed += 1
        error = shortened(result.error, _ERROR_SHOWN)
        self._output.warn(f"send_email failed with code {result.code}: {error} ({_about(facts)})", facts, always=lost)

    def sum_up(self) -> None:
        """Say, after a probe or where there were many, how many mails there were."""
        mails = self._accepted + self.failed
        done = "would be accepted" if self._options.probe else "sent"
        text = f"{_count(mails, 'mail')}: {self._accepted} {done}, {self.failed} failed"
        if self.refused:
            text += f", {_count(self.refused, 'recipient')} refused"
        if self._options.probe:
            self._output.show(f"{text}; nothing was sent (--probe)")
        elif mails >= _MANY:
            say = self._output.warn if self.failed or self.refused else self._output.info
            say(text)

    def so_far(self, caught: str = "") -> str:
        """Return what is known of the mails of a run that is ended early.

        Args:
            caught: in a dry run, what is known of those sent.
        """
        sent = caught or f"no {'other ' * bool(self.under_way)}mail was sent"
        if self._options.probe:
            sent = "nothing was sent (--probe)"
        elif self._accepted and not caught:
            last = f"{'the last ' * (self._accepted > 1)}to {', '.join(self._last)}"
            sent = f"{_count(self._accepted, 'mail')} sent, {last}"
        if not self.under_way or self._options.probe:
            return sent
        fate = "was delivered" if self.delivered else "was not delivered"
        if self.dot_sent and self.delivered is None:
            fate = "may have been delivered"
        elif self.kept_as and not self.delivered:  # else somebody might send it by hand, and the next flush again
            fate = f"was not delivered and is kept as {self.kept_as}"
        return f"a send_email to {self.under_way} was under way, its mail {fate}; {sent}"


def facts(fields: object, result: SendResult, **more: object) -> dict[str, Any]:
    """Return the facts of a send, as a JSON object of the log has them.

    Args:
        fields: what the script passed, whatever that was.
        result: what came of it.
        more: seconds, config, script, line.
    """
    from jsnpy.smtp.values import scalar_text

    given = fields if isinstance(fields, dict) else {}
    host, port, subject = given.get("host"), given.get("port"), scalar_text(given.get("subject"))
    details = result.details
    # A URL in place of the host may hold a password that nobody knows of as one.
    is_host = isinstance(host, str) and "@" not in host and "/" not in host
    return {
        "event": "send",
        "code": result.code,
        "host": host if is_host else None,
        "port": port if isinstance(port, int) or (isinstance(port, str) and port.strip().isdigit()) else None,
        "to": _wanted(fields),
        "subject": None if subject is None else whole(subject),
        **{name: details[name] for name in ("stage", "smtpCode", "messageId")},
        **more,
    }


def _wanted(fields: object) -> list[str]:
    """Return to whom a mail should go, each once, as far as what a script passed tells."""
    given = fields if isinstance(fields, dict) else {}
    found: dict[str, None] = {}
    for name in ("to", "cc", "bcc"):
        value = given.get(name)
        for each in value if isinstance(value, list) else [value]:
            email = each.get("email") if isinstance(each, dict) else each
            if isinstance(email, str):
                found |= dict.fromkeys(_addresses(email))
    return list(found)


def _addresses(text: str) -> list[str]:
    """Return the addresses of a text, or what stands in their place."""
    if not any(sign in text for sign in ',;<"'):
        return [text.strip()] if text.strip() else []
    from jsnpy.smtp.address_lists import split

    pieces = (piece.strip() for piece in split(text))
    return [piece[:-1].rpartition("<")[2] if piece.endswith(">") else piece for piece in pieces if piece]


def _about(facts: dict[str, Any]) -> str:
    """Return which mail it is: to whom, about what, asked for where."""
    to, subject, script, line = facts["to"], facts["subject"], facts["script"], facts["line"]
    parts = [f"to {_named(to)}"] if to else []
    if subject is not None:
        more = "…" if len(subject) > _SUBJECT_SHOWN else ""
        parts.append(f'"{printable(subject[:_SUBJECT_SHOWN])}{more}"')
    return ", ".join([*parts, f"{script}:{line}" if line else script or "send_email"])


def _named(recipients: list[str]) -> str:
    more = len(recipients) - _NAMED
    named = ", ".join(printable(whole(each)) for each in recipients[:_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
