"""Reads what a run is to do: a JSON config (or a bare script) becomes a `RunConfig`."""

import os

from jsnpy import json_text, text_files
from jsnpy.errors import ConfigError, UsageError
from jsnpy.text_files import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_KEYS = ("scriptfile", "arg", "$schema")
_STDIN = "<stdin>"


class RunConfig:
    """Everything a run needs to know; written once, then only read.

    Args:
        script_path: absolute path of the script, "" when its source was given directly.
        script_name: the script as messages name it: relative to the current folder when below it.
        source: the script's text, verbatim but without byte order mark.
        arg_json: JSON text (ASCII) of the script's global `arg`.
        base_dir: absolute folder that attachments' paths are relative to.
        config_path: absolute path of the config, "" if there was none.
        secrets: each value that came from `${ENV:…}` or `${FILE:…}`, with the reference it came from (a file's
            path made absolute).
        warnings: what the user should hear about, one line each.
    """

    __slots__ = (
        "arg_json", "base_dir", "config_path", "script_name", "script_path", "secrets", "source", "warnings"
    )  # fmt: skip

    def __init__(
        self,
        *,
        script_path: str,
        script_name: str,
        source: str,
        arg_json: str = "{}",
        base_dir: str,
        config_path: str = "",
        secrets: dict[str, str] | None = None,
        warnings: list[str] | None = None,
    ) -> None:
        self.script_path = script_path
        self.script_name = script_name
        self.source = source
        self.arg_json = arg_json
        self.base_dir = base_dir
        self.config_path = config_path
        self.secrets = {} if secrets is None else secrets
        self.warnings = [] if warnings is None else warnings


def load(
    target: str,
    *,
    sets: "Sequence[str]" = (),
    encoding: str | None = None,
    stdin: "Callable[[], bytes] | None" = None,
) -> RunConfig:
    """Return the run that a command line names.

    Args:
        target: path of a config, path of a bare `.js` script (`arg` is {}), or `-` for a config from standard input.
        sets: `KEY=VALUE` assignments below `arg`, applied before `${…}` is replaced (so their values may use it too).
        encoding: for files that are not Unicode, such as "cp1252".
        stdin: returns all of standard input; by default it is read from `sys.stdin`.

    Raises:
        ConfigError: the config or the script cannot be found, read, decoded or used.
        UsageError: a wrong `KEY=VALUE` or an unknown encoding.
    """
    if encoding is not None:
        text_files.check_encoding(encoding)
    target = os.fspath(target)
    here = _current_folder()
    if target == "-":
        text = text_files.decode(_standard_input(stdin), _STDIN, encoding)
        return _Loading(_STDIN, text, "", _needed(here), here, encoding).run(sets)
    if not target:
        raise UsageError("the name of the config is empty", "Name a config: jsnpy CaEmail.json")
    is_script = target.lower().endswith(".js")
    warnings: list[str] = []
    path = _locate(target, [_needed(here, target)], lambda: "the script" if is_script else "the config", warnings)
    name = shown_path(path, here)
    text = text_files.decode(text_files.read(path, name), name, encoding)
    loading = _Loading(name, "" if is_script else text, path, os.path.dirname(path), here, encoding)
    loading.warnings[:] = warnings
    return loading.bare(text, sets) if is_script else loading.run(sets)


def from_mapping(
    config: "Mapping[str, object]", *, base_dir: str = ".", sets: "Sequence[str]" = (), encoding: str | None = None
) -> RunConfig:
    """Return the run that a mapping with a config's keys describes.

    Args:
        config: what a config file would hold; its values must have a JSON form.
        base_dir: folder that relative paths start from.
        sets: as for `load`.
        encoding: as for `load`.

    Raises:
        ConfigError: as for `load`; also a value JSON has not.
        UsageError: as for `load`.
    """
    if encoding is not None:
        text_files.check_encoding(encoding)
    here = _current_folder()
    base = os.path.normpath(os.path.join(_needed(here, base_dir), base_dir))
    try:
        text = json_text.dumps(dict(config))  # a deep copy that is surely JSON, and never the caller's own objects
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"the config cannot be written as JSON: {error}") from None
    loading = _Loading("config", text, "", base, here, encoding)
    loading.in_file = False
    return loading.run(sets)


def substitute(text: str, base_dir: str, encoding: str | None = None, secrets: dict[str, str] | None = None) -> str:
    """Return a string with each `${ENV:NAME}` and `${FILE:path}` replaced; what they bring in is left as it is.

    Args:
        text: any string.
        base_dir: folder that relative FILE paths start from.
        encoding: for files that are not Unicode.
        secrets: gets each value with its reference.

    Raises:
        ConfigError: the variable or the file is missing or no text.
    """
    done: list[str] = []
    at = 0
    while (start := text.find("${", at)) >= 0:
        end = text.find("}", start)
        kind, colon, name = text[start + 2 : end].partition(":")
        if end < 0:
            break
        if not colon or kind not in ("ENV", "FILE"):
            done.append(text[at : start + 2])
            at = start + 2
            continue
        reference = text[start : end + 1]
        if not name:
            raise ConfigError(f"{reference} names no {'variable' if kind == 'ENV' else 'file'}")
        if kind == "ENV":
            value = _variable(name)
        else:
            value, reference = _secret_file(name, reference, base_dir, encoding)
        if secrets is not None and value:
            secrets.setdefault(value, reference)
        done += (text[at:start], value)
        at = end + 1
    return "".join((*done, text[at:]))


class _Loading:
    """One config on its way to a RunConfig."""

    __slots__ = ("base", "encoding", "here", "in_file", "name", "path", "secrets", "text", "warnings")

    def __init__(self, name: str, text: str, path: str, base: str, here: str, encoding: str | None) -> None:
        self.name = name
        self.text = text
        self.path = path
        self.base = base
        self.here = here
        self.encoding = encoding
        self.in_file = True
        self.warnings: list[str] = []
        self.secrets: dict[str, str] = {}

    def bare(self, source: str, sets: "Sequence[str]") -> RunConfig:
        """A script without a config."""
        config: dict[str, object] = {"arg": {}}
        self._apply(config, sets)
        return RunConfig(
            script_path=self.path,
            script_name=self.name,
            source=source,
            arg_json=json_text.dumps(config["arg"]),
            base_dir=self.base,
            secrets=self.secrets,
            warnings=self.warnings,
        )

    def run(self, sets: "Sequence[str]") -> RunConfig:
        """A config's text."""
        config = self._parse()
        for key in config:
            if key not in _KEYS:
                self._warn_unknown(key)
        config.setdefault("arg", {})
        self._apply(config, sets)
        source, script_path = self._script(config)
        try:
            arg_json = json_text.dumps(config["arg"])
        except RecursionError:
            raise self._too_deep() from None
        except ValueError:  # 1e999 is JSON, but no number of JavaScript's
            raise self._fault("a number is too large") from None
        return RunConfig(
            script_path=script_path,
            script_name=shown_path(script_path, self.here),
            source=source,
            arg_json=arg_json,
            base_dir=self.base,
            config_path=self.path,
            secrets=self.secrets,
            warnings=self.warnings,
        )

    def _parse(self) -> dict[str, object]:
        if not self.text.strip():
            raise ConfigError(f"{self.name}: the config is empty", 'It needs at least {"scriptfile": "FILE.js"}.')
        repeated: list[bool] = []

        def made(pairs: list[tuple[str, object]]) -> dict[str, object]:
            members = dict(pairs)
            if len(members) != len(pairs):
                repeated.append(True)
            return members

        try:
            value = json_text.loads(self.text, made)
        except RecursionError:
            raise self._too_deep() from None
        except ValueError as error:
            raise self._fault(str(error)) from None
        if not isinstance(value, dict):
            raise ConfigError(
                f"{self.place(())}: a config is a JSON object, not {_kind(value)}",
                'It looks like {"scriptfile": "FILE.js", "arg": { … }}.',
            )
        if repeated:
            from jsnpy import json_places

            self.warnings += json_places.repeated_keys(self.text, self.name)
        return value

    def _apply(self, config: dict[str, object], sets: "Sequence[str]") -> None:
        used = False
        for one in sets:
            used = True
            _set(config, one, self.warnings)
        # Most configs use no reference: looking through the text is much cheaper than walking through the values.
        if used or "${" in self.text or "\\u00" in self.text:
            self._substitute_all(config)

    def _substitute_all(self, config: dict[str, object]) -> None:
        # A stack of its own, as a config may be nested more deeply than Python calls may.
        todo: list[tuple[dict[str, object] | list[object], tuple[object, ...]]] = [(config, ())]
        while todo:
            holder, path = todo.pop()
            members = holder.items() if isinstance(holder, dict) else enumerate(holder)
            for key, value in list(members):
                if isinstance(value, (dict, list)):
                    todo.append((value, (path, key)))
                elif isinstance(value, str) and "${" in value:
                    try:
                        new = substitute(value, self.base, self.encoding, self.secrets)
                    except ConfigError as error:
                        raise self._at((path, key), error) from None
                    holder[key] = new  # type: ignore[index, call-overload]  # the key is of this holder's kind

    def _script(self, config: dict[str, object]) -> tuple[str, str]:
        if "scriptfile" not in config:
            raise ConfigError(f'{self.place(())}: "scriptfile" is missing', _missing_hint(config))
        wanted = config["scriptfile"]
        if not isinstance(wanted, str) or not wanted or "\0" in wanted:
            what = (
                f"must be a string, not {_kind(wanted)}"
                if not isinstance(wanted, str)
                else "contains a NUL character"
                if wanted
                else "is empty"
            )
            hint = 'It names the script: "scriptfile": "email_send.js".'
            raise ConfigError(f'{self.place(("scriptfile",))}: "scriptfile" {what}', hint)
        bases = [self.base, self.here] if self.here else [self.base]
        path = _locate(wanted, bases, lambda: f"{self.place(('scriptfile',))}: the script", self.warnings)
        name = shown_path(path, self.here)
        if self.path and os.path.samefile(path, self.path):
            raise ConfigError(
                f'{self.place(("scriptfile",))}: "scriptfile" names the config itself',
                "It must name the JavaScript file to run.",
            )
        return text_files.decode(text_files.read(path, name), name, self.encoding), path

    def place(self, path: tuple[str | int, ...]) -> str:
        """Return `CaEmail.json:2:17` for the value at a key path, or the name alone where there is no file."""
        if not self.in_file:
            return self.name
        from jsnpy import json_places

        return json_places.place(self.text, self.name, path)

    def _fault(self, told: str) -> ConfigError:
        if not self.in_file:
            return ConfigError(f"{self.name}: {told}")
        from jsnpy import json_places

        return json_places.explain(self.text, self.name, told)

    def _too_deep(self) -> ConfigError:
        return ConfigError(f"{self.name}: the config is nested too deeply", "Is it really the config?")

    def _at(self, linked: tuple[object, ...], error: ConfigError) -> ConfigError:
        keys: list[str | int] = []
        while linked:
            linked, key = linked  # type: ignore[assignment]
            keys.append(key)
        keys.reverse()
        return ConfigError(f"{self.place(tuple(keys))}: {dotted(keys)}: {error.message}", error.hint)

    def _warn_unknown(self, key: str) -> None:
        import difflib

        near = difflib.get_close_matches(key.lower(), _KEYS, n=1)
        guess = f"; did you mean {quoted(near[0])}?" if near else ""
        where = self.name
        if self.in_file:
            from jsnpy import json_places

            where = json_places.place(self.text, self.name, (key,), of_key=True)
        self.warnings.append(f"{where}: unknown key {quoted(key)}{guess}")


def shown_path(path: str, here: str) -> str:
    """Return a path as its user knows it: relative to the current folder when below it, else as it is."""
    if here and os.path.normcase(path).startswith(os.path.normcase(os.path.join(here, ""))):
        return path[len(os.path.join(here, "")) :]
    return path


def dotted(keys: "Sequence[str | int]") -> str:
    """Return a key path as messages and `--set` write it: `arg.to.0.email`."""
    return quoted(".".join(str(key) for key in keys))[1:-1]


def _locate(wanted: str, bases: list[str], subject: "Callable[[], str]", warnings: list[str]) -> str:
    path = os.path.join(bases[0], wanted)
    if not os.path.isfile(path):
        from jsnpy import file_search

        path, other_case = file_search.find(wanted, bases, subject)
        if other_case:
            warnings.append(f"{subject()} {quoted(wanted)} was found as {quoted(path)}: the letter case differs")
    clean = os.path.normpath(path)
    # Where a link is followed by "..", the tidy path may be another file.
    return clean if clean == path or (os.path.exists(clean) and os.path.samefile(clean, path)) else path


def _current_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        return ""


def _needed(here: str, path: str = "") -> str:
    if not here and not os.path.isabs(path):
        raise ConfigError("the current folder no longer exists", "Change to a folder that does.")
    return here


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


def _variable(name: str) -> str:
    try:
        value = os.environ.get(name)
        if value is not None:
            value.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"the environment variable {quoted(name)} is no valid UTF-8") from None
    if value is None:
        raise ConfigError(
            f"the environment variable {quoted(name)} is not set",
            "Set it for the account and the task that run jsnpy.",
        )
    return value


def _secret_file(name: str, reference: str, base_dir: str, encoding: str | None) -> tuple[str, str]:
    path = _locate(name, [base_dir], lambda: "the file", [])
    data = text_files.read(path, f"the file {quoted(name)}")
    value = text_files.decode(data, f"the file {quoted(name)}", encoding, secret=True)
    value = value.removesuffix("\n").removesuffix("\r") if value.endswith("\n") else value.removesuffix("\r")
    return value, reference if "}" in path else f"${{FILE:{path}}}"


def _set(config: dict[str, object], assignment: str, warnings: list[str]) -> None:
    """Carry out one `--set KEY=VALUE`."""
    path, equals, text = assignment.partition("=")
    if not equals:
        raise UsageError(f"--set {quoted(path)} has no =", "It is written --set KEY=VALUE, as --set to.email=me@x.test")
    keys = path.split(".")
    if "" in keys:
        raise UsageError(f"--set {quoted(path)} has an empty key", "It is written --set KEY=VALUE.")
    try:
        value = json_text.loads(text)
        json_text.dumps(value)
    except (ValueError, RecursionError):
        value = text
    holder: object = config
    key: str | int = "arg"
    for step in keys:
        below = holder[key]  # type: ignore[index]
        if isinstance(below, dict):
            if step not in below:
                below[step] = {}
            holder, key = below, step
        elif isinstance(below, list):
            holder, key = below, _index(step, below, path)
        else:
            walked = ".".join(["arg", *keys])[: -len(".".join(keys[keys.index(step):])) - 1]
            raise UsageError(f"--set {quoted(path)}: {walked} is {_kind(below)}, nothing can be set below it")
    holder[key] = value  # type: ignore[index]


def _index(step: str, array: list[object], path: str) -> int:
    if step.isascii() and step.isdecimal() and len(step) < 10 and int(step) < len(array):
        return int(step)
    raise UsageError(f"--set {quoted(path)}: {quoted(step)} is no index of the array, which has {len(array)} items")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {str: "a string", dict: "an object", list: "an array"}
    return names.get(type(value), "a number")


def _missing_hint(config: dict[str, object]) -> str:
    import difflib

    known = {key.lower().replace("_", ""): key for key in config if key not in _KEYS}
    near = difflib.get_close_matches("scriptfile", known, n=1)
    if near:
        return f'There is {quoted(known[near[0]])}: did you mean "scriptfile"?'
    return 'Name the script: "scriptfile": "email_send.js".'
