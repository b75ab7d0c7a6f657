"""send_email: hands what the script passed to the run's mailer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.bindings.host import Host
    from jsnpy.engine import Native


def natives(host: Host) -> dict[str, Native]:
    """Return the function that email.js calls."""

    def send_email(call: object) -> dict[str, object]:
        # Where no stack was left to write the call down, what comes says so.
        fields, script, line = call if isinstance(call, list) else (call, "", 0)
        result = host.mailer.send(fields, script, line)
        return {"code": result.code, "log": result.log, "error": result.error, "details": result.details}

    return {"send_email": send_email}
