"""The example site, from outside: its commands as processes, its pages over HTTP."""

import re
import signal
import socket

import pytest

from django_directmail.sandbox import Sandbox
from tests.support.example_site import (
    LAUNCH,
    MANAGE,
    VISITOR,
    Site,
    browse,
    execute,
    is_listening,
    serve,
    started,
    stop,
    urls_in,
)


@pytest.fixture(scope="module")
def shared_sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def site(shared_sandbox, tmp_path_factory):
    """Return the running site; nothing in it may warn in any of the tests."""
    with serve(tmp_path_factory.mktemp("site"), shared_sandbox.url) as site:
        yield site
        assert not re.search(r"\w+Warning\b|Traceback", site.log)


@pytest.fixture
def sandbox(shared_sandbox):
    """Return the site's sandbox, empty."""
    shared_sandbox.mailbox.clear()
    shared_sandbox.faults.clear()
    return shared_sandbox


def test_system_check_finds_no_issue(tmp_path):
    done = execute([MANAGE, "check"], tmp_path)

    assert done.stdout == "System check identified no issues (0 silenced).\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_deployment_check_warns_of_the_sandbox(tmp_path):
    done = execute([MANAGE, "check", "--deploy"], tmp_path)

    assert done.returncode == 0
    assert "directmail.W005" in done.stderr


def test_no_migration_is_missing(tmp_path):
    done = execute([MANAGE, "makemigrations", "--check"], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")


def test_demo_shows_two_mails_and_leaves_nothing_behind(tmp_path):
    # Keys and addresses of a user's own must not turn a demonstration into real mail.
    done = execute(
        [LAUNCH, "demo"],
        tmp_path,
        ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI-real",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="real",
        CONTACT_RECIPIENTS="real@mail.test",
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count("signature verified (HMAC-SHA1)") == 2
    assert "you@example.com" in done.stdout
    assert "office@example.com" in done.stdout
    assert len(urls_in(done.stdout)) == 2
    assert not any(is_listening(url) for url in urls_in(done.stdout))
    assert list(tmp_path.iterdir()) == []


def test_interrupted_demo_leaves_nothing_behind(tmp_path):
    with started([LAUNCH, "demo"], tmp_path, until="Start the website") as (
        process,
        output,
    ):
        output += stop(process, signal.SIGTERM)

    assert process.returncode == 130
    assert (tmp_path / "stderr.txt").read_text() == "\nStopped.\n"
    assert not any(is_listening(url) for url in urls_in(output))


def test_run_serves_until_it_is_told_to_stop(tmp_path):
    arguments = [LAUNCH, "run", "--port", "0", "--sandbox-port", "0"]
    with started(arguments, tmp_path, until="Ctrl+C") as (process, output):
        site = Site(re.search(r"Contact form +(\S+)/\n", output)[1], tmp_path)
        sandbox_url = re.search(r"Sent mail +(\S+)/\n", output)[1]
        password = re.search(r"as admin with password (\S+),", output)[1]
        login = site.post("admin/login/", username="admin", password=password)
        sent = site.post()
        mails = browse("GET", f"{sandbox_url}/api/mails").json()["mails"]
        rest = stop(process, signal.SIGTERM)

    assert login.status_code == 302
    # Two of the samples arrive, and then that of the visitor.
    assert (sent.status_code, len(mails)) == (302, 3)
    assert (process.returncode, rest) == (
        0,
        "\nStopped. The mail of the sandbox is gone.\n",
    )
    assert not is_listening(site.url)
    assert not is_listening(sandbox_url)
    assert not re.search(r"\w+Warning\b|Traceback", site.log)


def test_run_with_real_keys_starts_no_sandbox_and_says_so(tmp_path):
    arguments = [LAUNCH, "run", "--port", "0"]
    keys = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-real",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "real",
        "CONTACT_RECIPIENTS": "one@mail.test, two@mail.test",
    }
    with started(arguments, tmp_path, until="Ctrl+C", **keys) as (process, output):
        page = browse("GET", urls_in(output)[0])
        stop(process, signal.SIGTERM)

    assert "its mail is real" in output
    assert "CONTACT_SENDER" in output
    assert len(urls_in(output)) == 1
    assert "one@mail.test, two@mail.test" in page.text
    assert "sandbox" not in page.text


@pytest.mark.parametrize("option", ["--port", "--sandbox-port"])
def test_taken_port_ends_in_a_message_that_names_the_option(tmp_path, option):
    ports = {"--port": "0", "--sandbox-port": "0"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports[option] = str(taken.getsockname()[1])
        done = execute([LAUNCH, "run", *sum(ports.items(), ())], tmp_path)

    assert done.returncode == 1
    assert f"Cannot listen on port {ports[option]}" in done.stderr
    assert f"another port with {option} " in done.stderr
    assert "Traceback" not in done.stderr


def test_valid_message_is_sent_once_and_redirected(site, sandbox):
    response = site.post()

    (mail,) = sandbox.mails
    assert (response.status_code, response.headers["Location"]) == (302, "/thanks/")
    assert (mail.sender, mail.sender_name) == ("noreply@example.com", "Example")
    assert mail.to == ["office@example.com"]
    assert (mail.reply_to, mail.reply_to_name) == ("ada@example.org", "Ada Visitor")
    assert mail.subject == "[Contact] Opening hours"
    assert mail.text == (
        "Are you open on Sunday?\n\n--\nFrom: Ada Visitor <ada@example.org>\n"
        "Sent with the contact form.\n"
    )
    assert "Thank you" in site.get("thanks/").text


@pytest.mark.parametrize(
    ("name", "email", "reply_to"),
    [
        ("张伟", "wei@例子.测试", "wei@xn--fsqu00a.xn--0zwm56d"),
        ('Bob "the, Builder', "bob@example.org", "bob@example.org"),
        ("A name that is much too long", "a.b+c@example.org", "a.b+c@example.org"),
        ("O'Neil", "o'neil@example.org", ""),
    ],
)
def test_whoever_writes_gets_through(site, sandbox, name, email, reply_to):
    response = site.post(name=name, email=email)

    (mail,) = sandbox.mails
    assert response.status_code == 302
    assert mail.reply_to == reply_to
    assert mail.reply_to_name == (name[:15].rstrip() if reply_to else "")
    assert f"{name} <{email}>" in mail.text


def test_invalid_field_is_shown_where_it_is_and_nothing_is_sent(site, sandbox):
    response = site.post(email="ada@", message="Keep <me>")

    assert response.status_code == 200
    assert '<a href="#id_email">Your email address</a>: Enter a valid' in response.text
    assert 'aria-describedby="id_email_helptext id_email_error"' in response.text
    assert response.text.count('aria-invalid="true"') == 1
    assert "Keep &lt;me&gt;</textarea>" in response.text
    assert sandbox.mails == []


def test_program_that_fills_in_every_field_is_thanked_and_ignored(site, sandbox):
    response = site.post(website="https://spam.test")

    assert (response.status_code, response.headers["Location"]) == (302, "/thanks/")
    assert sandbox.mails == []


@pytest.mark.parametrize("field", ["name", "subject", "email"])
@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x0b", "\u2028"])
def test_header_injection_is_an_error_of_the_form(site, sandbox, field, line_break):
    value = f"{VISITOR[field]}{line_break}Bcc: eve@mail.test"

    response = site.post(**{field: value})

    assert response.status_code == 200
    assert "Please correct the form" in response.text
    assert f'id="id_{field}_error"' in response.text
    assert sandbox.mails == []


def test_encoded_line_break_in_a_name_is_an_error_of_the_form(site, sandbox):
    response = site.post(name="=?utf-8?q?Ada=0ABcc=3A_eve=40mail.test?=")

    assert response.status_code == 200
    assert 'id="id_name_error"' in response.text
    assert sandbox.mails == []


def test_refused_mail_is_an_apology_and_a_line_in_the_log(site, sandbox):
    sandbox.add_fault("error", code="InvalidMailAddress.NotFound", status=404)

    response = site.post(message="Private words")

    assert response.status_code == 503
    assert "Your message could not be sent" in response.text
    assert "Private words</textarea>" in response.text
    (line,) = (line for line in site.log.splitlines() if "RejectedError" in line)
    assert "ERROR contact.views: A message was not sent: RejectedError, code" in line
    assert re.search(r"code InvalidMailAddress.NotFound, request [0-9A-F-]{36}", line)
    assert "accepted no" in line
    assert "Private words" not in site.log
    assert "ada@" not in site.log


def test_broken_connection_is_no_promise_and_no_denial(site, sandbox):
    sandbox.add_fault("drop_after")

    response = site.post(message="Private words")

    assert response.status_code == 502
    assert "message may have\n    arrived" in response.text
    assert "Private words</textarea>" in response.text
    assert len(sandbox.mails) == 1
    assert "TransportError, code none, request none, accepted unknown" in site.log


def test_sandbox_that_is_down_is_an_apology_and_a_line_in_the_log(tmp_path):
    with socket.socket() as silent:
        # Bound and not listening: nobody else gets this port, and nobody answers.
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with serve(tmp_path, url) as site:
            response = site.post()

    assert response.status_code == 503
    assert "Your message could not be sent" in response.text
    assert "ERROR contact.views" in site.log
    assert "accepted no" in site.log
    assert not re.search(r"\w+Warning\b|Traceback", site.log)


@pytest.mark.parametrize("path", ["", "thanks/", "admin/login/"])
def test_every_page_has_a_strict_policy_that_it_keeps(site, path):
    response = site.get(path)

    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert not re.search(r"<style|<script>| style=| onclick=", response.text)


def test_form_links_to_the_sandbox_and_the_admin(site, sandbox):
    page = site.get().text

    assert f'href="{sandbox.url}"' in page
    assert 'href="/admin/"' in page
    assert "office@example.com" in page
    assert browse("GET", f"{site.url}/static/contact/site.css").status_code == 200
