"""A real browser for tests, and a server that counts its visitors."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = """\
<html><head>
<meta http-equiv="refresh" content="0;url={evil}/refresh"><base href="{evil}/">
<link rel="stylesheet" href="{evil}/css"><LINK rel="preconnect" href="{evil}">
<link rel="preload" as="image" href="{evil}/pre"><link/rel="prefetch" href="{evil}/x">
<style>@import url("{evil}/import"); body {{ background: url("{evil}/back") }}</style>
</head><body onload="fetch('{evil}/onload')">
<script>fetch("{evil}/script"); top.document.title = "owned"</script>
<script src="{evil}/script.js"></script>
<img src="{evil}/image"><img src="missing" onerror="fetch('{evil}/onerror')">
<iframe src="{evil}/frame"></iframe><object data="{evil}/object"></object>
<video src="{evil}/video" poster="{evil}/poster" autoplay></video>
<svg><image href="{evil}/svg" /></svg>
<form action="{evil}/form" method="post"><button>Win</button></form>
<a href="{evil}/link">Here</a> <a href="{evil}/top" target="_top">Above</a>
<p style="color: rgb(1, 2, 3)">Dear customer</p>
</body></html>"""

#: Returns the texts whose contrast is below 4.5 (WCAG 2 AA), disabled ones aside.
POOR_CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const back = (node) => {
    const color = rgb(getComputedStyle(node).backgroundColor);
    return color[3] === 0 ? back(node.parentElement) : color;
  };
  const seen = (node) => node.checkVisibility({ visibilityProperty: true });
  const filled = (child) => child.nodeType === 3 && child.data.trim();
  const own = (node) => [...node.childNodes].some(filled);
  const poor = (node) => {
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(back(node))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  };
  return [...document.body.querySelectorAll("*:not(:disabled, option, noscript)")]
    .filter((node) => own(node) && seen(node) && poor(node))
    .map((node) => node.textContent);
}"""


@pytest.fixture(scope="module")
def api():
    """Return playwright's synchronous API; skip where it is missing."""
    return pytest.importorskip("playwright.sync_api", reason="playwright is missing")


@pytest.fixture(scope="module")
def browser(api):
    """Yield a Chromium for all tests of a file; skip where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is missing")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def expect(api):
    """Return playwright's ``expect``, which waits for what it expects."""
    return api.expect


@pytest.fixture
def open_page(browser, sandbox):
    """Return a function that opens the page; check at the end that all went well."""
    contexts, complaints = [], []

    def complain(message):
        # What a mail in its preview is denied is logged, too: that is as it should be.
        if message.type in ("error", "warning") and "/mails/" not in str(
            message.location
        ):
            complaints.append(message.text)

    def open_page(path="/", **options):
        options = {
            "viewport": {"width": 1280, "height": 800},
            "locale": "en",
            **options,
        }
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(sandbox.url + path)
        page.complaints = complaints
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == [], "\n".join(complaints)


@pytest.fixture
def evil():
    """
    Yield a server that serves nothing and counts, and ``html`` that calls it.

    ``hits`` counts who connects, ``asked`` those who then ask for something.
    """
    with _Counter(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Counter(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args):
        super().__init__(*args)
        self.html = HOSTILE.format(evil=f"http://127.0.0.1:{self.server_port}")
        self.hits = self.asked = 0
        self.hit = threading.Event()

    def get_request(self):
        self.hits += 1
        self.hit.set()
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.send_error(404)

    do_POST = do_GET

    def log_message(self, *args):
        pass


@pytest.fixture
def poor_contrast():
    """Return a function that lists the texts of a page that are hard to read."""
    return lambda page: page.evaluate(POOR_CONTRAST)
