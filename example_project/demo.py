"""Send one mail with a command and one with the contact form, and show both."""

import contextlib
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django
import requests
from serving import Problem, Site, prepared_database

from django_directmail.sandbox import Sandbox

MANAGE = Path(__file__).resolve().parent / "manage.py"
VISITOR = {
    "name": "Ada Visitor",
    "email": "ada@example.org",
    "subject": "Opening hours",
    "message": "Good morning,\n\nare you open on Sunday? 星期天开门吗？",
}
#: For each expected mail its recipients, a part of the subject, and the reply address.
EXPECTED = (
    (["you@example.com"], "Test mail", ""),
    (["office@example.com"], VISITOR["subject"], VISITOR["email"]),
)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
SECONDS = 20


def demo(stop):
    """
    Return 0 if exactly the two expected mails arrived.

    Raise :exc:`~serving.Problem` if not, and :exc:`KeyboardInterrupt` between two steps
    if the user asks to stop.
    """
    _forget_environment()
    print(
        f"Django {django.get_version()}, Python {sys.version.split()[0]}."
        " Everything stays on this computer.\n"
    )
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        with _step(stop, "Start the sandbox, a local DirectMail") as details:
            sandbox = stack.enter_context(Sandbox())
            details.append(sandbox.url)
        os.environ["DIRECTMAIL_ENDPOINT"] = sandbox.url
        os.environ["EXAMPLE_DATABASE"] = str(Path(folder, "demo.sqlite3"))
        with _step(stop, "Create a temporary database"):
            stack.enter_context(prepared_database())
        with _step(stop, "Start the website") as details:
            site = Site()
            stack.callback(site.stop)
            site.start()
            details.append(site.url)
        logging.getLogger("django.server").setLevel(logging.WARNING)
        with _step(
            stop, "Run manage.py sendtestmail you@example.com --html"
        ) as details:
            details += _send_test_mail(stop)
        _use_form(stop, site.url)
        mails = sandbox.mails
    _show(mails)
    _compare(mails)
    print("\nEverything works. Next: `make run` serves this site until you stop it,")
    print("and README.rst shows the settings for your own.")
    return 0


def _forget_environment():
    """Remove the user's real keys, senders and recipients from the environment."""
    for name in list(os.environ):
        if name.startswith(("ALIBABA_CLOUD_", "CONTACT_", "DIRECTMAIL_")):
            del os.environ[name]


@contextlib.contextmanager
def _step(stop, text):
    """Print ``text`` and its result, then the lines of the yielded list."""
    stop.check()
    start, details = time.perf_counter(), []
    try:
        yield details
    except Exception as error:
        print(f"  {_mark('✗', 'FAILED:')} {text}")
        if isinstance(error, OSError):
            raise Problem(f"{type(error).__name__}: {error}") from None
        raise
    print(f"  {_mark('✓', 'ok')} {text} ({time.perf_counter() - start:.1f} s)")
    for line in details:
        print(f"      {line}")


def _mark(sign, word):
    try:
        sign.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return word
    return sign


def _send_test_mail(stop):
    command = [sys.executable, MANAGE, "sendtestmail", "you@example.com", "--html"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            output, errors = _wait(process, stop)
        finally:
            process.kill()
    stop.check()
    if process.returncode:
        raise Problem(errors.strip() or f"It ended with {process.returncode}.")
    return output.splitlines()


def _wait(process, stop):
    for _ in range(SECONDS * 10):
        stop.check()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=0.1)
    raise Problem(f"It did not end within {SECONDS} s.")


def _use_form(stop, url):
    """Do what a visitor's browser does."""
    with requests.Session() as browser:
        # A proxy cannot reach the loopback interface of this machine.
        browser.trust_env = False
        with _step(stop, "Open the contact form"):
            page = browser.get(f"{url}/", timeout=SECONDS)
            token = TOKEN.search(page.text)
            if page.status_code != 200 or not token:
                raise Problem(f"There is no form: status {page.status_code}.")
        with _step(stop, "Fill it in and send it") as details:
            page = browser.post(
                f"{url}/",
                data={**VISITOR, "website": "", "csrfmiddlewaretoken": token[1]},
                timeout=SECONDS,
            )
            if page.url != f"{url}/thanks/" or page.status_code != 200:
                raise Problem(
                    f"Status {page.status_code} instead of the thank-you page."
                    " The reason is in the log above."
                )
            details.append(f"{page.history[0].status_code} to {page.url}")


def _show(mails):
    print(f"\nThe sandbox received {len(mails)} mails:\n")
    rows = [("No.", "From", "To", "Signature", "Subject")]
    for mail in mails:
        # The sandbox accepts only mails with a correct signature.
        proof = f"signature verified ({mail.signature})"
        to = ", ".join(mail.to)
        rows.append((str(mail.id), mail.sender, to, proof, mail.subject))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for *cells, subject in rows:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        print("  " + "  ".join(padded).rstrip())
        print(" " * (widths[0] + 4) + subject)


def _compare(mails):
    same = len(mails) == len(EXPECTED) and all(
        (mail.to, mail.reply_to) == (to, reply_to) and subject in mail.subject
        for mail, (to, subject, reply_to) in zip(mails, EXPECTED, strict=True)
    )
    if not same:
        raise Problem(
            "These are not the expected mails: one to you@example.com, then one to"
            f" office@example.com about {VISITOR['subject']!r}, to be answered to"
            f" {VISITOR['email']}."
        )
