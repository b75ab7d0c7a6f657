"""Reads what a run is to do: a JSON config, or a bare script, becomes a `RunConfig`."""

import os

from jsnpy import json_text
from jsnpy.config import text_files
from jsnpy.config.text_files import kind_of, quoted
from jsnpy.errors import ConfigError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_KEYS = ("scriptfile", "arg", "$schema", "oauth2")


class RunConfig:
    """Everything a run needs to know; written once, then only read.

    Args:
        script_path: absolute path of the script, "" when its source was given directly.
        script_name: the script as messages name it: relative to the current folder when below it.
        source: the script's text, verbatim but without byte order mark.
        arg_json: JSON text (ASCII) of the script's global `arg`.
        base_dir: absolute folder that attachments' paths are relative to.
        config_path: absolute path of the config, "" if there was none.
        oauth2: the block that tells how access tokens are got, checked, its references unresolved; None: there is none.
        secrets: each value that came from `${ENV:…}` or `${FILE:…}`, with the reference it came from (a
            file's path made absolute).
        encoding: of its files that are not Unicode, or None.
        warnings: what the user should hear about, one line each.
    """

    __slots__ = (
        "arg_json",
        "base_dir",
        "config_path",
        "encoding",
        "oauth2",
        "script_name",
        "script_path",
        "secrets",
        "source",
        "warnings",
    )

    def __init__(  # noqa: PLR0913 - so much a run needs to know, each by name
        self,
        *,
        source: str,
        script_path: str = "",
        script_name: str = "script",
        arg_json: str = "{}",
        base_dir: str = "",
        config_path: str = "",
        oauth2: "dict[str, object] | None" = None,
        secrets: dict[str, str] | None = None,
        encoding: str | None = None,
        warnings: list[str] | None = None,
    ) -> None:
        self.script_path = script_path
        self.script_name = script_name
        self.source = source
        self.arg_json = arg_json
        self.base_dir = base_dir
        self.config_path = config_path
        self.oauth2 = oauth2
        self.secrets = {} if secrets is None else secrets
        self.encoding = encoding
        self.warnings = [] if warnings is None else warnings


def load(
    target: str,
    *,
    sets: "Sequence[str]" = (),
    encoding: str | None = None,
    stdin: "Callable[[], bytes] | None" = None,
    keep_references: bool = False,
) -> RunConfig:
    """Return the run that a command line names.

    Args:
        target: path of a config, path of a bare `.js` script (`arg` is {}), or `-` for a config from standard
            input, relative to the current folder.
        sets: `KEY=VALUE` assignments below `arg`, made before `${…}` is replaced: values may use it too.
        encoding: for files that are not Unicode, such as "cp1252".
        stdin: returns all of standard input; by default it is read from `sys.stdin`.
        keep_references: leave `${…}` below `arg` as it is, for who resolves it later.

    Raises:
        ConfigError: the config or the script cannot be found, read, decoded or used.
        UsageError: a wrong `KEY=VALUE` or an unknown encoding.
    """
    if encoding is not None:
        text_files.check_encoding(encoding)
    target = os.fspath(target)
    here = _current_folder(target)
    loading = _Loading("<stdin>", here, here, encoding)
    loading.keep_references = keep_references
    if target == "-":
        return loading.config(text_files.decode(_standard_input(stdin), loading.name, encoding), sets)
    if not target:
        raise UsageError("the name of the config is empty", "Name a config: jsnpy CaEmail.json")
    is_script = target.lower().endswith(".js")
    path = loading.locate(target, [here], lambda: "the script" if is_script else "the config")
    name = loading.name = shown_path(path, here)
    # A shell's <(…) is /dev/fd/63: no folder that scripts are in, nor attachments.
    loading.base = here if here and path.startswith(("/dev/", "/proc/")) else os.path.dirname(path)
    text = text_files.decode(text_files.read(path, name), name, encoding)
    if is_script:
        loading.in_file = False
        return RunConfig(
            source=text,
            script_path=path,
            script_name=name,
            arg_json=loading.arg_json({"arg": {}}, sets),
            base_dir=loading.base,
            secrets=loading.secrets,
            encoding=encoding,
            warnings=loading.warnings,
        )
    loading.path = path
    return loading.config(text, sets)


def from_mapping(
    config: "Mapping[str, object]",
    *,
    base_dir: str = ".",
    sets: "Sequence[str]" = (),
    encoding: str | None = None,
) -> RunConfig:
    """Return the run that a mapping with a config's keys describes; the mapping itself is left as it is.

    Args:
        config: what a config file would hold; its values must have a JSON form.
        base_dir: folder that relative paths start from.
        sets: as for `load`.
        encoding: as for `load`.

    Raises:
        ConfigError: as for `load`; also for a value that JSON has not.
        UsageError: as for `load`.
    """
    if encoding is not None:
        text_files.check_encoding(encoding)
    base_dir = os.fspath(base_dir)
    here = _current_folder(base_dir)
    loading = _Loading("config", os.path.normpath(os.path.join(here, base_dir)), here, encoding)
    loading.in_file = False
    try:
        text = json_text.dumps(dict(config))
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"the config cannot be written as JSON: {error}") from None
    return loading.config(text, sets)


class _Loading:
    """What is known while one config is read.

    Args:
        name: the config as messages name it.
        base: the folder that its relative paths start from.
        here: the current folder, "" if it was deleted.
        encoding: for files that are not Unicode, or None.
    """

    __slots__ = (
        "base",
        "encoding",
        "here",
        "in_file",
        "keep_references",
        "name",
        "path",
        "secrets",
        "text",
        "warnings",
    )

    def __init__(self, name: str, base: str, here: str, encoding: str | None) -> None:
        self.name = name
        self.base = base
        self.here = here
        self.encoding = encoding
        self.path = ""
        self.text = ""
        self.keep_references = False
        self.in_file = True  # else positions would mean nothing to the user
        self.secrets: dict[str, str] = {}
        self.warnings: list[str] = []

    def config(self, text: str, sets: "Sequence[str]") -> RunConfig:
        """Return the run that a config's text describes."""
        self.text = text
        config = self._parsed()
        for key in config:
            if key not in _KEYS:
                self._warn_of_unknown(key)
        written = config.get("scriptfile")
        # Only a token that is really fetched needs the values: tasks and kept mails carry the references.
        block = self._json_of(config["oauth2"]) if "oauth2" in config else ""
        arg_json = self.arg_json(config, sets)
        oauth2 = self._checked_oauth2(json_text.loads(block), config["oauth2"]) if block else None
        try:
            script_path, source = self._script(config)
        except ConfigError as error:
            raise (error if written == config.get("scriptfile") else self._without_secrets(error)) from None
        return RunConfig(
            source=source,
            script_path=script_path,
            script_name=shown_path(script_path, self.here),
            arg_json=arg_json,
            base_dir=self.base,
            config_path=self.path,
            oauth2=oauth2,
            secrets=self.secrets,
            encoding=self.encoding,
            warnings=self.warnings,
        )

    def _parsed(self) -> dict[str, object]:
        if not self.text.strip():
            raise ConfigError(f"{self.name}: the config is empty", 'It needs at least {"scriptfile": "FILE.js"}')
        repeated: list[bool] = []

        def made(pairs: list[tuple[str, object]]) -> dict[str, object]:
            members = dict(pairs)
            if len(members) != len(pairs):
                repeated.append(True)
            return members

        try:
            config = json_text.loads(self.text, made)
        except RecursionError:
            raise self._too_deep() from None
        except ValueError as error:
            raise self._fault(error) from None
        if not isinstance(config, dict):
            raise ConfigError(
                f"{self.place()}: a config is a JSON object, not {kind_of(config)}",
                'It looks like {"scriptfile": "FILE.js", "arg": { … }}',
            )
        if repeated:
            from jsnpy.config import json_places

            self.warnings += json_places.repeated_keys(self.text, self.name)
        return config

    def arg_json(self, config: dict[str, object], sets: "Sequence[str]") -> str:
        """Make the assignments and replace the references, both in place, and return `arg`'s JSON."""
        config.setdefault("arg", {})
        if sets:
            from jsnpy.config import assignments

            self.warnings += filter(None, [assignments.assign(config, one) for one in sets])
        # Looking through the text is much cheaper than walking through the values ("$" may be escaped in it).
        if sets or "${" in self.text or "\\u00" in self.text:
            from jsnpy.config import references

            held = [key for key in ("arg", "oauth2") if self.keep_references and key in config]
            kept: dict[str, object] = {key: config.pop(key) for key in held}
            references.substitute_all(config, self._substituted)
            config.update(kept)
        return self._json_of(config["arg"])

    def _json_of(self, value: object) -> str:
        try:
            return json_text.dumps(value)
        except RecursionError:
            raise self._too_deep() from None
        except ValueError as error:  # 1e999 parses, but is no number
            raise self._fault(error) from None

    def _substituted(self, text: str, linked: tuple[object, ...]) -> str:
        from jsnpy.config import references

        try:
            return references.substitute(text, self.base, self.encoding, self.secrets)
        except ConfigError as error:
            keys = references.unlinked(linked)
            where = quoted(".".join(map(str, keys)))[1:-1]
            raise ConfigError(f"{self.place(*keys)}: {where}: {error.message}", error.hint) from None

    def _checked_oauth2(self, written: object, resolved: object) -> "dict[str, object]":
        """Return the block as it was written, once its values have proved right."""
        from jsnpy.oauth import settings

        try:
            settings.read(resolved)
        except settings.BlockError as error:
            there: Any = written
            keys: list[str | int] = ["oauth2"]
            for key in error.keys:
                if isinstance(there, dict) and key not in there:
                    break  # it is missing, which has no place
                there = there[key]
                keys.append(key)
            fault = ConfigError(f"{self.place(*keys)}: {error.name}: {error.what}", error.hint)
            raise self._without_secrets(fault) from None
        for key in settings.unknown_keys(written):
            self._warn_of_unknown("oauth2", key, known=settings.KEYS)
        return written  # type: ignore[return-value]  # else the check had failed

    def _script(self, config: dict[str, object]) -> tuple[str, str]:
        wanted = config.get("scriptfile")
        if not isinstance(wanted, str) or not wanted or "\0" in wanted:
            raise self._no_script(config)
        bases = [self.base, self.here] if self.here else [self.base]
        path = self.locate(wanted, bases, lambda: f"{self.place('scriptfile')}: the script")
        name = shown_path(path, self.here)
        source = text_files.decode(text_files.read(path, name), name, self.encoding)
        if self.path and os.path.samefile(path, self.path):
            raise ConfigError(
                f'{self.place("scriptfile")}: "scriptfile" names the config itself',
                "It must name the JavaScript file to run.",
            )
        return path, source

    def _no_script(self, config: dict[str, object]) -> ConfigError:
        if "scriptfile" not in config:
            import difflib

            hint = 'Name the script: "scriptfile": "email_send.js"'
            for key in config:
                if key not in _KEYS and difflib.get_close_matches(key.lower(), ["scriptfile"]):
                    hint = f'There is {quoted(key)}: did you mean "scriptfile"?'
            return ConfigError(f'{self.place()}: "scriptfile" is missing', hint)
        wanted = config["scriptfile"]
        fault = f"must be a string, not {kind_of(wanted)}"
        if isinstance(wanted, str):
            fault = "has a NUL character in it" if wanted else "is empty"
        hint = 'It names the script: "scriptfile": "email_send.js"'
        return ConfigError(f'{self.place("scriptfile")}: "scriptfile" {fault}', hint)

    def locate(self, wanted: str, bases: list[str], subject: "Callable[[], str]") -> str:
        """Return the absolute path of a file; `subject` returns what messages say in front of its path."""
        path = os.path.join(bases[0], wanted)
        if not os.path.isfile(path):
            from jsnpy.config import file_search

            path, other_case = file_search.find(wanted, bases, subject)
            if other_case:
                found = quoted(shown_path(path, self.here))
                self.warnings.append(f"{subject()} {quoted(wanted)} was found in other letter case: {found}")
        clean = os.path.normpath(path)
        # Where ".." follows a link, the tidy path may be another file.
        return clean if clean == path or (os.path.exists(clean) and os.path.samefile(clean, path)) else path

    def place(self, *keys: str | int) -> str:
        """Return `CaEmail.json:2:17` for the value at a key path, the name alone where there is no file."""
        if not self.in_file:
            return self.name
        from jsnpy.config import json_places

        return json_places.place(self.text, self.name, keys)

    def _fault(self, error: ValueError) -> ConfigError:
        from jsnpy.config import json_faults

        if not self.in_file:
            return ConfigError(f"{self.name}: {error}")
        fault = json_faults.explain(self.text, self.name, str(error))
        if not self.name.lower().endswith(".json") and not self.text.lstrip().startswith(("{", "[", '"')):
            fault.hint = "It was read as a JSON config. If it is a script, its name must end in .js."
        return fault

    def _too_deep(self) -> ConfigError:
        return ConfigError(f"{self.name}: the config is nested too deeply", "Is this file really a config?")

    def _without_secrets(self, error: ConfigError) -> ConfigError:
        message, hint = error.message, error.hint
        for value, reference in self.secrets.items():
            message, hint = message.replace(value, reference), hint.replace(value, reference)
        return ConfigError(message, hint)

    def _warn_of_unknown(self, *keys: str, known: "Sequence[str]" = _KEYS) -> None:
        import difflib

        near = difflib.get_close_matches(keys[-1].lower(), known, n=1)
        guess = f"; did you mean {quoted(near[0])}?" if near else ""
        where = self.name
        if self.in_file:
            from jsnpy.config import json_places

            where = json_places.place(self.text, self.name, keys, of_key=True)
        self.warnings.append(f"{where}: unknown key {quoted('.'.join(keys))}{guess}")


def shown_path(path: str, here: str) -> str:
    """Return a path as its user knows it: relative to the current folder when below it, else as it is.

    Bytes that are no UTF-8, which no engine takes as a script's name, are U+FFFD.
    """
    if not path.isascii():
        path, here = (each.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for each in (path, here))
    inside = os.path.join(here, "")
    if here and os.path.normcase(path).startswith(os.path.normcase(inside)):
        return path[len(inside) :]
    return path


def _current_folder(target: str) -> str:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        if not os.path.isabs(target):
            raise ConfigError("the current folder no longer exists", "Change to a folder that does.") from None
        return ""


def _standard_input(stdin: "Callable[[], bytes] | None") -> bytes:
    import sys

    if stdin is None:
        if sys.stdin is None:
            raise ConfigError("there is no standard input to read the config from")
        stdin = sys.stdin.buffer.read
    try:
        return stdin()
    except OSError as error:
        raise ConfigError(f"standard input cannot be read: {error.strerror or error}") from None
