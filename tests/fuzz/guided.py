"""Feeds one fuzz target by atheris, guided by coverage of jsnpy: `guided.py TARGET FOLDER [libFuzzer options]`."""

from __future__ import annotations

import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import atheris

with atheris.instrument_imports(include=["jsnpy"]):
    # All that a target might import later, as what is imported later is not watched.
    for name in (
        "command.quick_arguments",
        "config.loading",
        "config.references",
        "config.json_faults",
        "config.excerpts",
        "smtp.sending",
        "smtp.session",
        "smtp.auth",
        "oauth.login",
        "oauth.browser",
    ):
        importlib.import_module(f"jsnpy.{name}")
    from support.fuzz_targets import SEEDS, TARGETS


def main() -> None:
    """Fuzz until the time is over; libFuzzer ends the process, with a trace where something was found."""
    name, folder, *options = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        with open(os.path.join(folder, f"seed-{number}"), "wb") as file:
            file.write(seed)
    limits = ["-max_len=2048", "-timeout=20", "-rss_limit_mb=1500", f"-artifact_prefix={folder}-found-"]
    atheris.Setup([sys.argv[0], folder, *limits, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
