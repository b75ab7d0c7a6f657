"""send_email: hands what the script passed to the mail room, and keeps a record of each send."""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine import Native
    from jsnpy.runner import Run


def natives(run: "Run") -> "dict[str, Native]":
    """Return the function that email.js calls."""

    def send_email(fields: object) -> dict[str, object]:
        run.output.flush()
        run.sending = True
        start = time.monotonic()
        result = run.send(fields)
        run.sending = False
        run.output.info(f"send_email returned {result.code} after {time.monotonic() - start:.2f} s")
        return {"code": result.code, "log": result.log, "error": result.error, "details": result.details}

    return {"send_email": send_email}
