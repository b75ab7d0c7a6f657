"""What a run is to do, read and checked."""

from __future__ import annotations

from jsnpy.record import Record, field


class RunConfig(Record):
    """Everything a run needs to know; once it has begun, only read.

    Attributes:
        source: the script's text, verbatim but without byte order mark.
        script_path: absolute path of the script, "" when its source was given directly.
        script_name: the script as messages name it: relative to the current folder when below it.
        includes: name and text of the scripts that are evaluated before it.
        arg_json: JSON text (ASCII) of the script's global `arg`.
        base_dir: absolute folder that attachments' paths are relative to.
        config_path: absolute path of the config, "" if there was none.
        statefile: absolute path of the file that keeps the script's `state`, "" if there is none.
        oauth2: the block that tells how access tokens are got, checked, its references unresolved; None: there is none.
        secrets: each value that came from `${ENV:…}` or `${FILE:…}`, with the reference it came from (a file's path
            made absolute).
        encoding: of its files that are not Unicode, or None.
        warnings: what the user should hear about, one line each.
    """

    source: str
    script_path: str = ""
    script_name: str = "script"
    includes: list[tuple[str, str]] = field(default_factory=list)
    arg_json: str = "{}"
    base_dir: str = ""
    config_path: str = ""
    statefile: str = ""
    oauth2: dict[str, object] | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None
    warnings: list[str] = field(default_factory=list)
