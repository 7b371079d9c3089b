"""``manage.py directmail_sandbox``: a local DirectMail that knows the project."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from django_directmail.api import Client, Credentials, RejectedError, SingleSendMail
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET

ROOT = pathlib.Path(__file__).parent.parent.parent
SCRIPT = """
import sys
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django_directmail"],
    DEFAULT_FROM_EMAIL="Shop <shop@shop.test>",
    SERVER_EMAIL="not an address",
    DIRECTMAIL={"ACCOUNT_NAME": "one@account.test"},
)
from django.core.management import execute_from_command_line

execute_from_command_line(["manage.py", "directmail_sandbox", *sys.argv[1:]])
"""


@pytest.fixture
def running():
    """Start the command on a free port; yield the process and its URL."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            SCRIPT,
            "--port=0",
            "--sender=@more.test",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    with process:
        first_line = process.stdout.readline()
        yield process, re.search(r"http://127\.0\.0\.1:\d+", first_line)[0]
        # Only after the test: a failed one must not leave it running.
        process.kill()


def send(url, sender):
    """Send a mail to the sandbox at ``url``."""
    credentials = Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET)
    return Client(credentials, endpoint=url).call(
        SingleSendMail(
            account_name=sender, to_address="a@example.com", subject="s", text_body="t"
        )
    )


@pytest.mark.parametrize(
    "sender", ["shop@shop.test", "one@account.test", "a@more.test", "a@example.com"]
)
def test_senders_of_the_project_are_known(running, sender):
    assert send(running[1], sender).env_id


def test_other_senders_are_not(running):
    with pytest.raises(RejectedError, match="--sender"):
        send(running[1], "shop@unknown.test")


def test_interrupt_ends_it_without_a_traceback(running):
    process, url = running
    send(url, "shop@shop.test")

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=30) == 0
    assert process.stderr.read() == ""
    printed = process.stdout.read()
    assert ACCESS_KEY_SECRET in printed
    assert printed.rstrip().endswith("Stopped; the mail is gone.")


def test_taken_port_is_a_readable_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match=f"port {port}.*--port 0 picks"):
            call_command("directmail_sandbox", port=port)


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_port_that_is_none_is_a_readable_error(port):
    with pytest.raises(CommandError, match="is not a port"):
        call_command("directmail_sandbox", f"--port={port}")
