"""send_email: hands what the script passed to the mail room, and keeps a record of each send."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine import Native
    from jsnpy.runner import Run


def natives(run: "Run") -> "dict[str, Native]":
    """Return the function that email.js calls."""

    def send_email(fields: object) -> dict[str, object]:
        run.output.flush()
        result = run.send(fields)
        return {"code": result.code, "log": result.log, "error": result.error, "details": result.details}

    return {"send_email": send_email}
