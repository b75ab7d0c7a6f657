"""Installs the built wheel, then the sdist, each into an empty environment, and runs the command as a user would."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def run(*command: object, cwd: str | Path | None = None) -> str:
    """Run a command that must succeed and return what it printed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=cwd, check=False)
    if done.returncode:
        raise SystemExit(
            f"smoke: {' '.join(map(str, command))} exited with {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def smoke(package: Path) -> None:
    """Install one built package and use it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "env", with_pip=True)
        scripts = home / "env" / ("Scripts" if sys.platform == "win32" else "bin")
        run(scripts / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{package}[dry-run]")
        jsnpy = scripts / "jsnpy"
        version = run(jsnpy, "-V")
        assert version.startswith("jsnpy "), version
        (home / "hello.js").write_text("console.log('hello', [arg.n])", encoding="utf-8")
        said = run(jsnpy, "hello.js", "--set", "n=1", cwd=home)
        assert said == "hello [ 1 ]\n", said
        result = json.loads(run(jsnpy, PROJECT / "tests" / "seed" / "CaEmail.json", "--dry-run", cwd=home))
        assert (result["code"], result["error"]) == (0, ""), result
        run(jsnpy, "init", home / "starter", cwd=home)
        run(jsnpy, "types")
        json.loads(run(jsnpy, "schema"))
        typed = run(
            scripts / "python", "-c", "import jsnpy; print(jsnpy.run('hello.js', arg={'n': 2}).stdout)", cwd=home
        )
        assert typed == "hello [ 2 ]\n\n", typed
    sys.stdout.write(f"smoke: {package.name}: {version}")


if __name__ == "__main__":
    packages = sorted([*(PROJECT / "dist").glob("*.whl"), *(PROJECT / "dist").glob("*.tar.gz")])
    if not packages:
        raise SystemExit("smoke: nothing in dist/; run `make build` first")
    for each in packages:
        smoke(each)
