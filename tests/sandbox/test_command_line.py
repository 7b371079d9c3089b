"""The command line, as people start it."""

import argparse
import re
import signal
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from django_directmail.api import Client, Credentials
from django_directmail.sandbox import Sandbox, command_line
from tests.support.api_samples import mail

COMMAND = [sys.executable, "-m", "django_directmail.sandbox"]


@pytest.fixture
def start():
    """Return a function that starts the command; it is killed afterwards."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read_banner(process):
    """Return what the command prints before it waits for calls."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("  Senders:"):
            return "".join(lines)
    raise AssertionError(process.stderr.read())


def read_settings(banner):
    """Return the settings that the banner shows, by name."""
    return dict(re.findall(r'"([A-Z_]+)": "([^"]+)"', banner))


def test_what_it_prints_is_what_sends_a_mail(start):
    process = start("--port", "0")
    shown = read_settings(read_banner(process))

    result = Client(
        Credentials(shown["ACCESS_KEY_ID"], shown["ACCESS_KEY_SECRET"]),
        endpoint=shown["ENDPOINT"],
    ).call(mail())

    assert result.env_id
    assert urlsplit(shown["ENDPOINT"]).hostname == "127.0.0.1"


def test_its_temporary_credentials_send_a_mail_too(start):
    banner = read_banner(start("--port", "0"))
    found = re.search(r"Temporary credentials: (\S+), (\S+), token (\S+)", banner)

    client = Client(
        Credentials(*found.groups()), endpoint=read_settings(banner)["ENDPOINT"]
    )

    assert client.call(mail()).env_id


def test_further_senders_can_be_named(start):
    banner = read_banner(
        start("--port=0", "--sender=@shop.test", "--sender", "a@b.test")
    )
    shown = read_settings(banner)

    client = Client(
        Credentials(shown["ACCESS_KEY_ID"], shown["ACCESS_KEY_SECRET"]),
        endpoint=shown["ENDPOINT"],
    )

    for sender in ("news@shop.test", "a@b.test", "a@example.com"):
        assert client.call(mail(account_name=sender)).env_id
    assert "@example.com, @example.net, @example.org, @shop.test, a@b.test" in banner


def test_ctrl_c_ends_it_well(start):
    process = start("--port", "0")
    shown = read_settings(read_banner(process))
    # Once it has answered, it waits where Ctrl+C is expected.
    Client(
        Credentials(shown["ACCESS_KEY_ID"], shown["ACCESS_KEY_SECRET"]),
        endpoint=shown["ENDPOINT"],
    ).call(mail())

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)

    assert (process.returncode, err) == (0, "")
    assert out.strip() == "Stopped; the mail is gone."


def test_a_taken_port_is_a_line_for_people_and_status_1(start, sandbox):
    port = str(urlsplit(sandbox.url).port)

    process = start("--port", port)
    out, err = process.communicate(timeout=10)

    assert (process.returncode, out) == (1, "")
    assert re.fullmatch(
        rf"Cannot listen on 127\.0\.0\.1, port {port}: .*in use\. Is a sandbox running"
        r" already\? --port 0 picks a free port\.\n",
        err,
    )


def test_what_is_no_port_is_refused_with_the_right_ones(start):
    process = start("--port=http")
    _, err = process.communicate(timeout=10)

    assert process.returncode == 2
    assert "'http' is not a port (0 to 65535)" in err


def test_the_help_has_every_option(start):
    out, _ = start("--help").communicate(timeout=10)

    assert {"--port", "--host", "--sender"} <= set(re.findall(r"--\w+", out))
    assert "8025" in out


def test_without_options_it_is_this_machine_and_the_usual_port():
    parser = argparse.ArgumentParser()
    command_line.add_arguments(parser)

    options = parser.parse_args([])

    assert vars(options) == {"port": 8025, "host": "127.0.0.1", "sender": []}


@pytest.mark.parametrize("port", ["-1", "65536", "http", "", "²", "1.5"])
def test_a_port_is_a_number_of_sixteen_bits(port, capsys):
    parser = argparse.ArgumentParser()
    command_line.add_arguments(parser)

    with pytest.raises(SystemExit):
        parser.parse_args([f"--port={port}"])

    assert f"{port!r} is not a port" in capsys.readouterr().err


def test_serving_ends_with_an_interrupt_and_closes_the_port():
    written = []

    def write(text):
        written.append(text)
        if len(written) == 1:
            threading.Thread(target=interrupt, args=[read_settings(text)]).start()

    def interrupt(shown):
        credentials = Credentials(shown["ACCESS_KEY_ID"], shown["ACCESS_KEY_SECRET"])
        Client(credentials, endpoint=shown["ENDPOINT"]).call(mail())
        signal.raise_signal(signal.SIGINT)

    command_line.serve(host="127.0.0.1", port=0, senders=[], write=write)

    assert written[1:] == ["\nStopped; the mail is gone."]
    port = urlsplit(read_settings(written[0])["ENDPOINT"]).port
    with Sandbox(port=port) as again:
        assert again.mails == []


def test_serving_on_a_taken_port_is_an_error_for_people(sandbox):
    port = urlsplit(sandbox.url).port

    with pytest.raises(OSError, match=f"^Cannot listen on 127.0.0.1, port {port}: "):
        command_line.serve(host="127.0.0.1", port=port, senders=[], write=print)
