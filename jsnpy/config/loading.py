"""Reads what a run is to do: a JSON config, or a bare script, becomes a `RunConfig`."""

from __future__ import annotations

import os

from jsnpy import json_text
from jsnpy.config import text_files
from jsnpy.config.run_config import RunConfig
from jsnpy.config.text_files import shown_path
from jsnpy.errors import ConfigError, UsageError
from jsnpy.record import Record, field
from jsnpy.text import did_you_mean, kind, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from jsnpy.oauth.settings import BlockError

    T = TypeVar("T")

KEYS = ("scriptfile", "arg", "include", "statefile", "oauth2", "$schema")
"""The keys of a config."""

_PIPES = ("/dev/fd/", "/dev/stdin", "/proc/")
"""Where a shell's <(…) and an open file are: no folders that scripts or attachments are in."""


def load(
    target: str,
    *,
    sets: Sequence[str] = (),
    encoding: str | None = None,
    stdin: Callable[[], bytes] | None = None,
    keep_references: bool = False,
    lenient: bool = False,
    faults: list[ConfigError] | None = None,
) -> RunConfig:
    """Return the run that a command line names.

    Args:
        target: path of a config, path of a script (named `.js`, or beginning with `#!`; `arg` is {}), or `-` for
            either from standard input; relative to the current folder.
        sets: `KEY=VALUE` assignments below `arg`, made before `${…}` is replaced: values may use it too.
        encoding: for files that are not Unicode, such as "cp1252".
        stdin: returns all of standard input; by default it is read from `sys.stdin`.
        keep_references: leave `${…}` below `arg` as it is, for who resolves it later.
        lenient: a reference that leads nowhere is a warning, and stays as it is.
        faults: collects the faults after which reading can go on, in place of raising the first; what they concern
            is empty in the run.

    Raises:
        ConfigError: the config or the script cannot be found, read, decoded or used.
        UsageError: a wrong `KEY=VALUE` or an unknown encoding.
    """
    if encoding is not None:
        text_files.check_encoding(encoding)
    target = os.fspath(target)
    here = text_files.current_folder(target)
    loading = _Loading(
        name="<stdin>", base=here, here=here, sets=sets, encoding=encoding,
        keep_references=keep_references, lenient=lenient, faults=faults,
    )  # fmt: skip
    is_script = target.lower().endswith(".js")
    if target == "-":
        text = text_files.decode(text_files.standard_input(stdin), loading.name, encoding)
    elif not target:
        raise UsageError("the name of the config is empty", "Name a config: jsnpy CaEmail.json")
    else:
        path = loading.path = loading.locate(target, [here], lambda: "the script" if is_script else "the config")
        name = loading.name = shown_path(path, here)
        loading.base = here if here and path.startswith(_PIPES) else os.path.dirname(path)
        text = text_files.decode(text_files.read(path, name), name, encoding)
    return loading.script(text) if is_script or text.startswith("#!") else loading.config(text)


def from_mapping(
    config: Mapping[str, object],
    *,
    base_dir: str = ".",
    sets: Sequence[str] = (),
    encoding: str | None = None,
    lenient: bool = False,
) -> RunConfig:
    """Return the run that a mapping with a config's keys describes; the mapping itself is left as it is.

    Args:
        config: what a config file would hold; its values must have a JSON form.
        base_dir: folder that relative paths start from.
        sets: as for `load`.
        encoding: as for `load`.
        lenient: as for `load`.

    Raises:
        ConfigError: as for `load`; also for a value that JSON has not.
        UsageError: as for `load`.
    """
    if encoding is not None:
        text_files.check_encoding(encoding)
    base_dir = os.fspath(base_dir)
    here = text_files.current_folder(base_dir)
    base = os.path.normpath(os.path.join(here, base_dir))
    loading = _Loading(
        name="config", base=base, here=here, sets=sets, encoding=encoding, lenient=lenient, in_file=False
    )
    try:
        text = json_text.dumps(dict(config))
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"the config cannot be written as JSON: {error}") from None
    return loading.config(text)


class _Loading(Record):
    """What is known while one config is read.

    Attributes:
        name: the config as messages name it.
        base: the folder that its relative paths start from.
        here: the current folder, "" if it was deleted.
        path: the config's absolute path, or "".
        text: its text.
        in_file: whether the user can look a position up in it.
        replaced: the keys below which a reference was replaced.
        (the rest as for `load`)
    """

    name: str
    base: str
    here: str
    sets: Sequence[str] = ()
    encoding: str | None = None
    keep_references: bool = False
    lenient: bool = False
    faults: list[ConfigError] | None = None
    path: str = ""
    text: str = ""
    in_file: bool = True
    replaced: set[str | int] = field(default_factory=set)
    secrets: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def script(self, text: str) -> RunConfig:
        """Return the run of a script that has no config."""
        self.in_file = False
        return RunConfig(
            source=text,
            script_path=self.path,
            script_name=self.name,
            arg_json=self._arg_json({"arg": {}}),
            base_dir=self.base,
            secrets=self.secrets,
            encoding=self.encoding,
            warnings=self.warnings,
        )

    def config(self, text: str) -> RunConfig:
        """Return the run that a config's text describes."""
        self.text = text
        config = self._parsed()
        for key in config:
            if key not in KEYS:
                self._warn_of_unknown(key, known=KEYS)
        # Only a token that is really fetched needs the values: tasks and kept mails carry the references.
        block = self._json_of(config["oauth2"]) if "oauth2" in config else ""
        run = RunConfig(
            source="",
            arg_json=self._arg_json(config),
            base_dir=self.base,
            config_path=self.path,
            secrets=self.secrets,
            encoding=self.encoding,
            warnings=self.warnings,
        )
        if block:
            run.oauth2 = self._go_on(
                "oauth2", lambda: self._checked_oauth2(json_text.loads(block), config["oauth2"]), None
            )
        if "statefile" in config:
            run.statefile = self._go_on("statefile", lambda: self._statefile(config["statefile"]), "")
        if "include" in config:
            run.includes = self._go_on("include", lambda: self._includes(config["include"]), [])
        script = self._go_on("scriptfile", lambda: self._main_script(config), ("", "", ""))
        run.script_path, run.script_name, run.source = script
        return run

    def _go_on(self, key: str, read: Callable[[], T], otherwise: T) -> T:
        """Return what was read of a key; where faults are collected and there is one, `otherwise`."""
        try:
            return read()
        except ConfigError as error:
            fault = self._without_secrets(error) if key in self.replaced else error
            if self.faults is None:
                raise fault from None
            self.faults.append(fault)
            return otherwise

    def _without_secrets(self, error: ConfigError) -> ConfigError:
        message, hint = error.message, error.hint
        for value, reference in self.secrets.items():
            message, hint = message.replace(value, reference), hint.replace(value, reference)
        return ConfigError(message, hint)

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
                f"{self.place()}: a config is a JSON object, not {kind(config)}",
                'It looks like {"scriptfile": "FILE.js", "arg": { … }}',
            )
        if repeated:
            from jsnpy.config import json_places

            self.warnings += json_places.repeated_keys(self.text, self.name)
        return config

    def _arg_json(self, config: dict[str, object]) -> str:
        """Make the assignments and replace the references, both in place, and return `arg`'s JSON."""
        config.setdefault("arg", {})
        if self.sets:
            from jsnpy.config import assignments

            self.warnings += filter(None, [assignments.assign(config, one, KEYS) for one in self.sets])
        # Looking through the text is much cheaper than walking through the values ("$" may be escaped in it).
        if self.sets or "${" in self.text or "\\u00" in self.text:
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
        except ValueError as error:  # 1e999 parses, but is not a number
            raise self._fault(error) from None

    def _substituted(self, text: str, linked: tuple[object, ...]) -> str:
        from jsnpy.config import references

        def placed(error: ConfigError) -> ConfigError:
            keys = references.unlinked(linked)
            where = quoted(".".join(map(str, keys)))[1:-1]
            return ConfigError(f"{self.place(*keys)}: {where}: {error.message}", error.hint)

        def missing(error: ConfigError) -> None:
            self.warnings.append(placed(error).message)

        self.replaced.add(references.unlinked(linked)[0])
        try:
            return references.substitute(
                text, self.base, self.encoding, self.secrets, missing if self.lenient else None, linked[-1]
            )
        except ConfigError as error:
            raise placed(error) from None

    def _checked_oauth2(self, written: object, resolved: object) -> dict[str, object]:
        """Return the block as it was written, once its values have proved right."""
        from jsnpy.oauth import settings

        for fault in settings.faults(resolved):
            from functools import partial

            self._go_on("oauth2", partial(self._refuse_oauth2, written, fault), None)
        for key in settings.unknown_keys(written):
            self._warn_of_unknown("oauth2", key, known=settings.KEYS)
        return written if isinstance(written, dict) else {}

    def _refuse_oauth2(self, written: Any, fault: BlockError) -> None:
        keys: list[str | int] = ["oauth2"]
        for key in fault.keys:
            if isinstance(written, dict) and key not in written:
                break  # it is missing, which has no place
            written = written[key]
            keys.append(key)
        raise ConfigError(f"{self.place(*keys)}: {fault.name}: {fault.what}", fault.hint)

    def _main_script(self, config: dict[str, object]) -> tuple[str, str, str]:
        if "scriptfile" not in config:
            near = [key for key in config if key not in KEYS and did_you_mean(key, ["scriptfile"])]
            example = 'Name the script: "scriptfile": "email_send.js"'
            hint = f'There is {quoted(near[-1])}: did you mean "scriptfile"?' if near else example
            raise ConfigError(f'{self.place()}: "scriptfile" is missing', hint)
        return self._script(config["scriptfile"], "scriptfile")

    def _includes(self, written: object) -> list[tuple[str, str]]:
        if not isinstance(written, list):
            hint = 'It names scripts to run before the script: "include": ["lib.js"]'
            raise ConfigError(f'{self.place("include")}: "include" must be an array, not {kind(written)}', hint)
        from functools import partial

        found = []
        for index, one in enumerate(written):
            read = partial(self._script, one, "include", index)
            found.append(self._go_on("include", read, ("", "", ""))[1:])
        return found

    def _script(self, wanted: object, *keys: str | int) -> tuple[str, str, str]:
        """Return path, name and text of a script that the config names."""
        what = ".".join(map(str, keys))
        name = self._path(wanted, *keys, example="email_send.js" if what == "scriptfile" else "lib.js")
        bases = [self.base, self.here] if self.here else [self.base]
        path = self.locate(name, bases, lambda: f"{self.place(*keys)}: the script")
        shown = shown_path(path, self.here)
        source = text_files.decode(text_files.read(path, shown), shown, self.encoding)
        self._refuse_itself(path, "It must name the JavaScript file to run.", *keys)
        return path, shown, source

    def _statefile(self, written: object) -> str:
        path = self._path(written, "statefile", example="disk.state.json")
        if any(char < " " for char in path):
            fault = f'{self.place("statefile")}: "statefile" has a control character in it: {quoted(path)}'
            raise ConfigError(fault, text_files.BACKSLASH_HINT)
        file = os.path.normpath(os.path.join(self.base, path if os.sep == "\\" else path.replace("\\", "/")))
        self._refuse_itself(file, "It must name a file that jsnpy may write.", "statefile")
        return file

    def _refuse_itself(self, path: str, hint: str, *keys: str | int) -> None:
        if self.path and text_files.same_file(path, self.path):
            raise ConfigError(f'{self.place(*keys)}: "{".".join(map(str, keys))}" names the config itself', hint)

    def _path(self, value: object, *keys: str | int, example: str) -> str:
        """Return a value that must name a file."""
        if isinstance(value, str) and value and "\0" not in value:
            return value
        fault = f"must be a string, not {kind(value)}"
        if isinstance(value, str):
            fault = "has a NUL character in it" if value else "is empty"
        what = ".".join(map(str, keys))
        named = "the file" if what == "statefile" else "the script"
        hint = f'It names {named}: "{what}": "{example}"' if len(keys) == 1 else f'It names a script: "{example}"'
        raise ConfigError(f'{self.place(*keys)}: "{what}" {fault}', hint)

    def locate(self, wanted: str, bases: list[str], subject: Callable[[], str]) -> str:
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
        return clean if clean == path or text_files.same_file(clean, path) else path

    def place(self, *keys: str | int) -> str:
        """Return `CaEmail.json:2:17` for the value at a key path, the name alone where there is no file."""
        if not self.in_file:
            return self.name
        from jsnpy.config import json_places

        return json_places.place(self.text, self.name, keys)

    def _fault(self, error: ValueError) -> ConfigError:
        if not self.in_file:
            return ConfigError(f"{self.name}: {error}")
        from jsnpy.config import json_faults, other_formats

        fault = other_formats.recognised(self.text, self.name)
        if fault is None:
            fault = json_faults.explain(self.text, self.name, str(error))
            if not self.name.lower().endswith(".json") and not self.text.lstrip().startswith(("{", "[", '"')):
                fault.hint = f"It was read as a JSON config. {other_formats.IF_A_SCRIPT}"
        return fault

    def _too_deep(self) -> ConfigError:
        return ConfigError(f"{self.name}: the config is nested too deeply", "Is this file really a config?")

    def _warn_of_unknown(self, *path: str, known: Sequence[str]) -> None:
        near = did_you_mean(path[-1], known)
        guess = f"; did you mean {quoted(near)}?" if near else ""
        where = self.name
        if self.in_file:
            from jsnpy.config import json_places

            where = json_places.place(self.text, self.name, path, of_key=True)
        self.warnings.append(f"{where}: unknown key {quoted('.'.join(path))}{guess}")
