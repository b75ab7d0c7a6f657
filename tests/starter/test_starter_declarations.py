"""The TypeScript declarations: complete, in step with what jsnpy does, and understood by tsc."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import _quickjs
import pytest
from support.command import jsnpy

from jsnpy import smtp, starter
from jsnpy.smtp import attachment, request, server_fields
from jsnpy.starter import fields

TSC = Path(__file__).parents[2] / ".cache/node/node_modules/typescript/bin/tsc"

needs_tsc = pytest.mark.skipif(
    not (TSC.exists() and shutil.which("node")), reason="TypeScript is not installed: make node-tools"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the starter in it."""
    starter.init(str(tmp_path))
    return tmp_path


def tsc(folder: Path, *options: str) -> str:
    """Check a starter's scripts as its jsconfig.json says; return the complaints."""
    done = subprocess.run(
        ["node", str(TSC), "-p", "jsconfig.json", "--pretty", "false", *options],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert (done.returncode == 0) == (done.stdout == ""), done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("documented", "accepted"),
    [
        (fields.MAIL, request.FIELDS),
        (fields.ADDRESS, request.ADDRESS_FIELDS),
        (fields.ATTACHMENT, attachment.FIELDS),
        (fields.TLS, server_fields.TLS_FIELDS),
    ],
)
def test_every_field_that_is_accepted_is_documented(
    documented: tuple[fields.Field, ...], accepted: tuple[str, ...]
) -> None:
    """The documented fields are those send_email knows, no more and no less."""
    assert sorted(accepted) == sorted(field.name for field in documented)


def test_every_field_is_declared_with_its_meaning() -> None:
    """Each field stands in the declarations with its type, under its description."""
    declared = starter.types()
    for group in (fields.MAIL, fields.ADDRESS, fields.ATTACHMENT, fields.TLS):
        for field in group:
            assert field.help.endswith(".")
            mark = "" if field.required else "?"
            assert re.search(
                rf"/\*\* {re.escape(field.help)} \*/\s+{field.name}{re.escape(mark)}: {re.escape(field.type)};",
                declared,
            )
    assert not re.search("//[A-Z]", declared)


def test_what_must_be_given_is_declared_so() -> None:
    """An editor asks for what send_email and a config must have, and for nothing else."""
    required = [[field.name for field in group if field.required] for group in (fields.MAIL, fields.ADDRESS)]
    assert [["host", "port", "from", "subject"], ["email"]] == required
    assert ["scriptfile"] == [field.name for field in fields.CONFIG if field.required]


def test_the_details_of_a_send_are_declared() -> None:
    """What details holds after a send is what the declarations say."""
    declared = re.search(r"interface SendDetails \{(.*?)\n  \}", starter.types(), re.DOTALL)
    assert declared
    names = set(re.findall(r"^    (\w+)\??:", declared[1], re.MULTILINE))
    assert {*smtp.send({}).details, "queued"} == names


def test_every_global_is_declared(tmp_path: Path) -> None:
    """What a script finds beyond the language itself is declared, console's methods included."""
    script = tmp_path / "names.js"
    config = script.with_suffix(".json")
    config.write_text(json.dumps({"scriptfile": script.name, "statefile": "kept.json"}))
    script.write_text("""
        console.log(Object.getOwnPropertyNames(globalThis).join());
        console.log(Object.getOwnPropertyNames(console).join());
    """)
    found = jsnpy(config).out.splitlines()
    declared = starter.types()
    names = set(re.findall(r"^declare (?:var|function) (\w+)", declared, re.MULTILINE))
    assert set() == names - set(found[0].split(","))
    console = re.search(r"interface Console \{(.*?)\n  \}", declared, re.DOTALL)
    assert console
    assert sorted(found[1].split(",")) == sorted(re.findall(r"^    (\w+)\(", console[1], re.MULTILINE))
    engine = _quickjs.Context().eval("Object.getOwnPropertyNames(globalThis).join()").split(",")
    assert set() == set(found[0].split(",")) - set(engine) - names


def test_types_prints_the_declarations() -> None:
    """`jsnpy types` prints what init writes."""
    assert (0, starter.types(), "") == ((done := jsnpy("types")).code, done.out, done.err)


@needs_tsc
def test_tsc_accepts_the_starter(project: Path) -> None:
    """The starter passes the check it comes with, and the strictest one too."""
    assert "" == tsc(project)
    assert "" == tsc(project, "--strict", "--noImplicitAny")


@needs_tsc
def test_tsc_accepts_everything_documented(project: Path) -> None:
    """A script that uses all there is passes the strict check."""
    (project / "all.js").write_text("""
        const mail = { host: "h", port: "25", from: "a@x.test", to: ["b@x.test", { email: "c@x.test", name: "C" }],
          subject: 1, body: true, html: "<p>", cc: "d@x.test", bcc: [], reply_to: { email: "e@x.test" },
          attachments: [{ path: "x" }, { filename: "f", content: "", encoding: /** @type {const} */ ("base64"),
          content_type: "text/plain", cid: "c" }], headers: { "X-A": "1" }, timeout: 5, helo: "h", keep_alive: true,
          auth: /** @type {const} */ ("xoauth2"), user: "u", pass: 5, ssl: true, starttls: false,
          tls: { verify: true, ca_file: "f", min_version: /** @type {const} */ ("1.3"), server_name: "n" } };
        const { code, log, error, details } = send_email(mail);
        console.log(code + 1, log.length, error.length, details.rejected.map((one) => one.email), details.smtpCode);
        console.table([[1]], ["0"]); console.assert(true); console.group(); console.timeEnd("x");
        const answer = http_get("http://x.test");
        http_post(answer.details.url, answer.body, ["A: b"]).status.toFixed();
        http_get("http://x.test", { A: "b", C: ["d", 1] }).body;
        http_request({ method: "put", url: "http://x.test", headers: ["A: b"], timeout: 5 }).headers.location;
        const timer = setInterval((/** @type {number} */ n) => { clearInterval(timer); exit(n); }, 5, 3);
        clearTimeout(setTimeout(() => {}, 0).unref());
        queueMicrotask(() => {});
        sleep(1);
        state.seen = (state.seen ?? 0) + 1;
        send_email({ host: "h", port: 25, from: "A <a@x.test>", bcc: "b@x.test; c@x.test", subject: "", body: "",
          envelope_from: "", auth: /** @type {const} */ ("oauthbearer"), tls: { cert_file: "c", key_file: "k" } });
        console.log(arg.anything.goes, [1].at(-1), structuredCloneMissing());
        function structuredCloneMissing() { return new Map(); }
    """)
    assert "" == tsc(project)


MISTAKES = [
    ('send_email({ host: "h", prot: 25, from: "a@x.test", to: "b@x.test", subject: "" })', "prot"),
    ('send_email({ host: "h", port: 25, from: "a@x.test", to: { emial: "b" }, subject: "" })', "emial"),
    ('send_email({ host: "h", port: 25, from: "a@x.test", to: "b@x.test" })', "subject"),
    ('send_email({ host: "h", port: 25, from: "a@x.test", to: "b", subject: "", tls: { verfy: 1 } })', "verfy"),
    ('send_email({ host: "h", port: 25, from: "a", to: "b", subject: "", auth: "ntlm" })', "ntlm"),
    ('http_get("http://x.test").stauts', "stauts"),
    ('http_post("http://x.test", {})', "TS2345"),
    ('http_request({ url: "http://x.test" })', "TS2345"),
    ('fetch("http://x.test")', "fetch"),
    ("document.title", "document"),
    ("console.lgo(1)", "lgo"),
]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What tsc says of all the mistakes, each in a script of its own (starting tsc is what takes its time)."""
    folder = tmp_path_factory.mktemp("mistakes")
    starter.init(str(folder))
    for number, (script, _) in enumerate(MISTAKES):
        (folder / f"wrong{number}.js").write_text(script)
    return tsc(folder)


@needs_tsc
@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=[complaint for _, complaint in MISTAKES])
def test_tsc_refuses_mistakes(complaints: str, number: int) -> None:
    """A misspelt field, a missing one, and what a browser has but jsnpy has not, are named."""
    (complaint,) = re.findall(rf"^wrong{number}\.js\(1,.*(?:\n .*)*", complaints, re.MULTILINE)
    assert MISTAKES[number][1] in complaint


@needs_tsc
def test_two_scripts_do_not_disturb_each_other(project: Path) -> None:
    """Scripts in one folder may use the same names, and may declare arg anew, as they run one by one."""
    for name in ("one.js", "two.js"):
        (project / name).write_text("let arg = 1; const result = arg; console.log(result);")
    assert "" == tsc(project)


@needs_tsc
def test_real_scripts_pass(project: Path) -> None:
    """JsN's documented examples and our own pass the check as they are."""
    root = Path(__file__).parents[2]
    for script in [*root.glob("tests/seed/*.js"), *root.glob("scripts/*.js")]:
        shutil.copy(script, project)
    assert len(os.listdir(project)) >= 10
    assert "" == tsc(project)
