"""The envelope of a mail: who it is from and who gets it, whatever its headers say."""

from __future__ import annotations

from jsnpy.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.addresses import Address
    from jsnpy.smtp.request import Request


class Envelope(Record):
    """Sender and recipients.

    Attributes:
        sender: the address of MAIL FROM.
        recipients: the addresses of RCPT TO, each once.
    """

    sender: Address
    recipients: list[Address]

    @classmethod
    def of(cls, request: Request) -> Envelope:
        """Return a request's envelope."""
        return cls(sender=request.envelope_sender, recipients=request.recipients)

    @property
    def needs_utf8(self) -> str | None:
        """The first address that only a server with SMTPUTF8 can take, or None."""
        return next((each.email for each in [self.sender, *self.recipients] if each.needs_utf8), None)
