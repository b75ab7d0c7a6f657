"""The mailbox page in a real browser."""

import base64
import json
import shutil
import socket
import subprocess
import threading
from html import escape
from pathlib import Path

import pytest

from jsnpy.dryrun import CaughtMail
from jsnpy.dryrun.mailbox import Mailbox

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

# Each of these loads, runs, sends or navigates when nothing stops it.
HOSTILE = """<html><head><link rel=preconnect href="{0}/preconnect"><LINK rel=stylesheet href="{0}/css">
<link rel=prefetch href="{0}/prefetch"><meta http-equiv=refresh content="0;url={0}/refresh"><base href="{0}/base/">
<style>@import url({0}/import); body {{ background: url({0}/background) }}
@font-face {{ font-family: f; src: url({0}/font) }} p {{ font-family: f }}</style></head>
<body onload="document.body.innerHTML='ran'; fetch('{0}/onload')"><p>Visible text</p>
<img src="{0}/image"><img srcset="{0}/srcset 1x"><script>document.body.innerHTML='ran'; new Image().src="{0}/s"</script>
<iframe src="{0}/frame"></iframe><iframe srcdoc='<img src="{0}/nested">'></iframe><object data="{0}/object"></object>
<embed src="{0}/embed"><video autoplay src="{0}/video" poster="{0}/poster"></video>
<form id=f action="{0}/form"><input autofocus onfocus="f.submit()"><input type=image src="{0}/button"></form>
<svg><image href="{0}/svg"/></svg><table background="{0}/table"><tr><td>cell</table>
<a href="{0}/link" ping="{0}/ping">link</a></body></html>"""


class Listener:
    """A loopback port that counts who connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            client, _ = self._socket.accept()
            with client:
                client.settimeout(1)
                try:
                    request = client.recv(200)
                except OSError:
                    request = b"(only connected)"
                if request.startswith(b"END"):
                    return
                self.requests.append(request)
                client.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")

    def close(self) -> list[bytes]:
        """Stop, after all who came before were served, and return what they asked for."""
        with socket.create_connection(self._socket.getsockname()) as client:
            client.sendall(b"END")
            self._thread.join()
        self._socket.close()
        return self.requests


def browse(page: Path, *arguments: str) -> str:
    """Open the page without a window; return what the browser printed."""
    assert BROWSER is not None
    profile = page.parent / "profile"
    switches = [
        "--headless",
        "--hide-scrollbars",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    switches += ["--disable-component-update", "--disable-sync", f"--user-data-dir={profile}"]
    command = [BROWSER, *switches, "--virtual-time-budget=2000", *arguments, page.as_uri()]
    return subprocess.run(command, capture_output=True, timeout=60, check=True, encoding="utf-8").stdout


def mailbox_of(folder: Path, *raws: bytes) -> Path:
    """Write mails and return their page."""
    mailbox = Mailbox(str(folder))
    mailbox.open()
    for raw in raws:
        mailbox.add(
            CaughtMail(number=1, sender="a@x.test", recipients=["b@x.test"], raw=raw, dialogue=["S: 220 hello"])
        )
    mailbox.refresh()
    return folder / "index.html"


def test_a_hostile_mail_is_shown_and_runs_and_loads_nothing(tmp_path: Path) -> None:
    """Scripts, remote images, frames, hints, forms and refreshes of an HTML mail stay without any effect."""
    listener = Listener()
    raw = (
        b"Subject: Hostile\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + HOSTILE.format(listener.address).encode()
    )
    page = mailbox_of(tmp_path, raw)
    browse(page, f"--screenshot={tmp_path / 'page.png'}", "--window-size=1200,900")

    assert [] == listener.close()
    assert (tmp_path / "page.png").stat().st_size > 5000


def test_the_same_mail_has_effects_elsewhere(tmp_path: Path) -> None:
    """In a frame without our rules that mail does load and run, so that the test above means something."""
    listener = Listener()
    framed = f'<iframe srcdoc="{escape(HOSTILE.format(listener.address))}"></iframe>'
    (tmp_path / "page.html").write_text(framed)
    browse(tmp_path / "page.html", f"--screenshot={tmp_path / 'page.png'}")

    requests = b"".join(listener.close())
    assert b"GET /image " in requests
    assert b"GET /s " in requests


def test_an_html_mail_is_visible(tmp_path: Path) -> None:
    """What the HTML paints reaches the screen, inline images too: the frame is not blocked altogether."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="999" height="999" fill="#0f0"/></svg>'
    raw = (
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        b'<style>body{margin:0}</style><img src="cid:green" width=999 height=999>\r\n--b\r\n'
        b"Content-Type: image/svg+xml\r\nContent-ID: <green>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(svg)
        + b"\r\n--b--\r\n"
    )
    page = mailbox_of(tmp_path, raw)
    browse(page, f"--screenshot={tmp_path / 'page.png'}", "--window-size=900,900")

    assert painted(tmp_path / "page.png", (0, 255, 0)) > 10_000


def painted(picture: Path, colour: tuple[int, int, int]) -> int:
    """Count the pixels of one colour in a PNG, as the browser itself sees them."""
    script = (
        "<canvas id=c></canvas><p id=p></p><script>const i=new Image();i.onload=()=>{c.width=i.width;c.height=i.height;"
        "const x=c.getContext('2d');x.drawImage(i,0,0);const d=x.getImageData(0,0,i.width,i.height).data;let n=0;"
        "for(let k=0;k<d.length;k+=4)if(d[k]==%d&&d[k+1]==%d&&d[k+2]==%d)n++;p.textContent='count='+n};"
        "i.src='data:image/png;base64,%s'</script>"
    )
    page = picture.with_suffix(".html")
    page.write_text(script % (*colour, base64.b64encode(picture.read_bytes()).decode()))
    return int(browse(page, "--dump-dom").partition("count=")[2].partition("<")[0])


def test_the_page_is_whole_in_a_browser(tmp_path: Path) -> None:
    """The browser reads the list, the text, the headers and the dialogue of each mail from the page."""
    page = mailbox_of(
        tmp_path,
        b"From: A <a@x.test>\r\nSubject: First </script><!-- \r\n\r\nplain one\r\n",
        b"From: B <b@x.test>\r\nSubject: Second\r\n\r\nplain two\r\n",
    )
    dom = browse(page, "--dump-dom")

    assert 2 == dom.count('<article class="mail"')
    for text in ("First &lt;/script&gt;&lt;!--", "Second", "plain one", "plain two", "S: 220 hello", "2 mails caught"):
        assert text in dom


def probed(page: Path, script: str, anchor: str = "") -> str:
    """Return what a script of ours finds on the page, in a copy whose policy lets it run."""
    text = page.read_text("utf-8")
    text = text[: text.index("<meta http-equiv")] + text[text.index('<meta name="referrer"') :]
    tell = f"<script>onload = () => {{ document.title = 'found=' + JSON.stringify((() => {{ {script} }})()) + ';' }}"
    copy = page.parent / "copy.html"
    copy.write_text(text.replace("</body>", f"{tell}</script></body>"), "utf-8")
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    switches += ["--window-size=1280,900"]
    assert BROWSER is not None
    command = [
        BROWSER,
        *switches,
        f"--user-data-dir={page.parent / 'profile'}",
        "--virtual-time-budget=2000",
    ]
    done = subprocess.run(
        [*command, "--dump-dom", copy.as_uri() + anchor], capture_output=True, timeout=60, check=True, encoding="utf-8"
    )
    return done.stdout.partition("found=")[2].partition(";</title>")[0]


def three_mails(folder: Path) -> Path:
    """Return the page of three mails."""
    return mailbox_of(
        folder,
        b"To: Ann <ann@x.test>\r\nSubject: Disk full\r\n\r\non db1\r\n",
        b"To: bob@x.test\r\nSubject: Heartbeat\r\n\r\nall is well\r\n",
        b"To: bob@x.test\r\nSubject: Disk full\r\n\r\non web1\r\n",
    )


FILTERS = {
    "": [["#003", "#002", "#001"], ""],
    "DISK": [["#003", "#001"], "2 of 3"],
    "ann@x.test": [["#001"], "1 of 3"],
    "full web1": [["#003"], "1 of 3"],
    "#002": [["#002"], "1 of 3"],
    "nothing of it": [[], "0 of 3"],
}


def test_the_filter_leaves_the_mails_that_have_all_words(tmp_path: Path) -> None:
    """Numbers, recipients, subjects and texts are searched, in any case."""
    script = """return %s.map(words => {
        filter.value = words; filter.dispatchEvent(new Event("input"));
        const seen = [...document.querySelectorAll(".list li")].filter(i => i.offsetHeight);
        return [seen.map(i => i.innerText.slice(0, 4)), found.textContent];
    })"""
    shown = json.loads(probed(three_mails(tmp_path), script % json.dumps(list(FILTERS))))
    assert FILTERS == dict(zip(FILTERS, shown, strict=True))


@pytest.mark.parametrize(("anchor", "shown"), [("", "003"), ("#002", "002"), ("#001", "001"), ("#999", "003")])
def test_a_mail_has_a_lasting_address(tmp_path: Path, anchor: str, shown: str) -> None:
    """A number in the address shows its mail, marked in the list; any other address shows the newest."""
    script = """return [[...document.querySelectorAll(".mail")].filter(m => m.offsetHeight).map(m => m.id),
                        [...document.querySelectorAll("[aria-current]")].map(a => a.hash)]"""
    assert f'[["{shown}"],["#{shown}"]]' == probed(three_mails(tmp_path), script, anchor)


def test_the_html_is_shown_as_wide_as_a_phone_on_request(tmp_path: Path) -> None:
    """One click makes the frame 375 pixels wide, another one as wide as there is room."""
    page = mailbox_of(tmp_path, b"Content-Type: text/html\r\n\r\n<p>Hi\r\n")
    script = """const widths = () => document.querySelector("iframe").offsetWidth; const wide = widths();
                document.querySelector('[for$=".phone"]').click(); const phone = widths();
                document.querySelector('[for$=".wide"]').click(); return [wide > 375, phone, widths() === wide]"""
    assert "[true,375,true]" == probed(page, script)


@pytest.mark.parametrize("watched", [True, False])
def test_an_open_page_follows_while_more_is_to_come(tmp_path: Path, watched: bool) -> None:
    """While a dry run is watched its page loads itself anew, so that the next run's mails are seen."""
    Mailbox(str(tmp_path), watched=watched).open()
    outer = tmp_path / "outer.html"
    count = "<script>let n=0;f.onload=()=>{p.textContent=`n=${++n};`}</script>"
    outer.write_text(f"<p id=p></p><iframe id=f src=index.html></iframe>{count}")
    dom = browse(outer, "--dump-dom", "--virtual-time-budget=7000")
    assert (int(dom.partition(">n=")[2].partition(";")[0]) > 1) == watched


def test_right_to_left_text_reads_right(tmp_path: Path) -> None:
    """Subject and text take their direction from their own letters, and marks within them stay."""
    raw = "To: \u05d3 <d@x.test>\r\nSubject: \u05d4\u05ea\r\n\r\n\u05e9\u05dc\u05d5\u05dd\u200f!\r\n".encode()
    script = """const direction = s => getComputedStyle(document.querySelector(s)).direction;
                return [direction("h2"), direction("section.text pre"), direction(".snippet"), direction(".people"),
                        document.querySelector("section.text pre").textContent]"""
    assert '["rtl","rtl","rtl","ltr","שלום\u200f!"]' == probed(mailbox_of(tmp_path, raw), script)


def test_the_page_fits_a_phone(tmp_path: Path) -> None:
    """At 375 pixels nothing is wider than the screen, neither the list nor a mail with long words and names."""
    long_word = b"w" * 400
    raw = (
        b"From: "
        + long_word[:200]
        + b"@x.test\r\nTo: b@x.test\r\nSubject: "
        + long_word
        + b"\r\nX-Long: "
        + long_word
        + b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
        + long_word
        + b"\r\n--b\r\n"
        b"Content-Type: x/y\r\nContent-Disposition: attachment; filename="
        + long_word[:200]
        + b".txt\r\n\r\nx\r\n--b--\r\n"
    )
    page = mailbox_of(tmp_path, raw)
    frame = tmp_path / "phone.html"
    text = page.read_text("utf-8")
    # A copy without the policy may tell its own width.
    text = text[: text.index("<meta http-equiv")] + text[text.index('<meta name="referrer"') :]
    tell = (
        "<script>onload=()=>parent.postMessage(Math.max(...['html','.side','.list','.reader'].map("
        "s=>document.querySelector(s).scrollWidth)),'*')</script></body>"
    )
    (tmp_path / "copy.html").write_text(text.replace("</body>", tell), "utf-8")
    frame.write_text(
        "<p id=p></p><script>let n=0;onmessage=e=>{p.textContent+=`width${++n}=${e.data};`}</script>"
        + "".join(
            f'<iframe src="copy.html{anchor}" style="width:375px;height:700px;border:0"></iframe>'
            for anchor in ("", "#001")
        )
    )
    dom = browse(frame, "--dump-dom")

    assert "width1=375;width2=375;" in dom
