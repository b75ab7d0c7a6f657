"""How getting a token fails: one class, with the codes that `send_email` gives a script."""

from __future__ import annotations

UNREACHABLE = -2
TIMEOUT = -3
TLS = -4
REFUSED = -5
PROTOCOL = -9


class TokenError(Exception):
    """No access token.

    Args:
        code: -2 the endpoint cannot be reached, -3 it took too long, -4 TLS failed, -5 it refused, or the token cannot
            be kept or read safely, -9 the answer is no HTTP, was cut or holds no token.
        what: what failed, with the endpoint's host, for an administrator.
        hint: what to do about it, or "".
        temporary: True for an endpoint that is overloaded or broken, False for one that refuses, None where it did
            not answer.
        lasting: whether asking again soon would bring the same answer.
    """

    def __init__(
        self, code: int, what: str, hint: str = "", *, temporary: bool | None = None, lasting: bool = False
    ) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.hint = hint
        self.temporary = temporary
        self.lasting = lasting

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}" if self.hint else self.what
