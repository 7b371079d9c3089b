"""The example project: its programs as processes, its pages over HTTP."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
MANAGE = ROOT / "example_project" / "manage.py"
LAUNCH = ROOT / "example_project" / "launch.py"
SECONDS = 25
VISITOR = {
    "name": "Ada Visitor",
    "email": "ada@example.org",
    "subject": "Opening hours",
    "message": "Are you open on Sunday?",
    "website": "",
}
FOREIGN = ("ALIBABA_CLOUD_", "CONTACT_", "DIRECTMAIL_", "DJANGO_", "EXAMPLE_")


def environment(folder, **values):
    """Return an environment in which any warning is an error."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and not name.lower().endswith("_proxy")
    }
    for name in ("DEBUG", "SECRET_KEY"):
        kept.pop(name, None)
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONDEVMODE": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "EXAMPLE_DATABASE": str(folder / "db.sqlite3"),
        **values,
    }


def execute(arguments, folder, **values):
    """Run a program of the example to its end."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=environment(folder, **values),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )


@contextlib.contextmanager
def started(arguments, folder, *, until, **values):
    """Start a program and wait for ``until``; yield the process and its output."""
    with (
        (folder / "stderr.txt").open("a") as errors,
        subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            env=environment(folder, **values),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
        ) as process,
    ):
        watchdog = threading.Timer(SECONDS, process.kill)
        watchdog.start()
        try:
            seen = ""
            while until not in seen:
                line = process.stdout.readline()
                if not line:
                    pytest.fail(seen + (folder / "stderr.txt").read_text())
                seen += line
            watchdog.cancel()
            yield process, seen
        finally:
            watchdog.cancel()
            process.kill()


def stop(process, number):
    """Send a signal, wait for the end and return the rest of the output."""
    process.send_signal(number)
    return process.communicate(timeout=SECONDS)[0]


def is_listening(url):
    """Say whether somebody answers on the port of ``url``."""
    with socket.socket() as client:
        client.settimeout(5)
        return client.connect_ex((urlsplit(url).hostname, urlsplit(url).port)) == 0


def urls_in(text):
    """Return the root of each URL in ``text``, each once."""
    return sorted(set(re.findall(r"http://127\.0\.0\.1:\d+", text)))


def browse(method, url, **kwargs):
    """Make one request, and leave redirects to be looked at."""
    return requests.request(
        method, url, timeout=SECONDS, allow_redirects=False, **kwargs
    )


class Site:
    """The running site, and what it wrote into its log."""

    def __init__(self, url, folder):
        self.url = url
        self.folder = folder

    def get(self, path=""):
        """Open a page."""
        return browse("GET", f"{self.url}/{path}")

    def post(self, path="", **fields):
        """Open the form, fill it in and send it."""
        page = self.get(path)
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        data = {"csrfmiddlewaretoken": token, **(fields if path else VISITOR | fields)}
        return browse("POST", page.url, data=data, cookies=page.cookies)

    @property
    def log(self):
        """Return all that went to its standard error output."""
        return (self.folder / "stderr.txt").read_text()


@contextlib.contextmanager
def serve(folder, endpoint):
    """Serve the site as people do while they develop, on a free port."""
    arguments = [MANAGE, "runserver", "--noreload", "127.0.0.1:0"]
    with started(
        arguments, folder, until="Quit the server", DIRECTMAIL_ENDPOINT=endpoint
    ) as (_, output):
        yield Site(urls_in(output)[0], folder)
