"""The entry points: WSGI over real sockets, events of any shape, without Django."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from django_directmail import sandbox as known
from tests.support.function_calls import (
    FOLDER,
    FORM,
    JSON,
    MESSAGE,
    ORIGIN,
    form_body,
    form_fields,
    gateway_event,
    index,
    serve,
    trigger_event,
)

ROOT = FOLDER.parents[1]


@pytest.fixture
def unchecked():
    """Yield the URL of one that lets through what breaks the rules."""
    with serve(index.application) as url:
        yield url


def say(url, head, body=b""):
    """Send bare bytes and return status and body of the answer."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as link:
        link.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        link.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(link)
        answer.begin()
        return answer.status, answer.read()


class TestWsgi:
    """Over HTTP."""

    def test_a_form_arrives_as_mail(self, function, directmail):
        answer = requests.post(function, data=MESSAGE, headers={"Origin": ORIGIN})

        assert (answer.status_code, answer.json()["sent"]) == (200, True)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert directmail.mails[0].subject == "[Contact] Ada Visitor"

    def test_json_arrives_as_mail(self, function, directmail):
        answer = requests.post(function, json=MESSAGE)

        assert answer.status_code == 200
        assert MESSAGE["message"] in directmail.mails[0].text

    def test_a_browser_without_javascript_is_sent_on(self, function, monkeypatch):
        monkeypatch.setenv("CONTACT_THANKS_URL", "http://127.0.0.1:8000/thanks.html")

        answer = requests.post(
            function,
            data=MESSAGE,
            headers={"Accept": "text/html"},
            allow_redirects=False,
        )

        assert answer.status_code == 303
        assert answer.headers["Location"] == "http://127.0.0.1:8000/thanks.html"

    def test_preflight_is_answered(self, function):
        answer = requests.options(function, headers={"Origin": ORIGIN})

        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
    def test_other_methods_are_not_allowed(self, function, method):
        answer = requests.request(method, function)

        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
        assert bool(answer.content) is (method != "HEAD")

    def test_the_server_tells_the_address_and_no_header_does(self, function):
        forged = [{"X-Forwarded-For": f"192.0.2.{n}"} for n in range(6)]

        answers = [requests.post(function, data=MESSAGE, headers=h) for h in forged]

        assert [a.status_code for a in answers] == [200] * 5 + [429]
        assert answers[5].headers["Retry-After"] == "600"

    @pytest.mark.parametrize(
        ("header", "body", "status"),
        [
            ("Content-Length: 65537", b"", 413),
            (f"Content-Length: {'9' * 5000}", b"", 413),
            ("Content-Length: 500", b"name=Ada", 400),
            ("Content-Length: -5", b"name=Ada", 400),
            ("Content-Length: 0x10", b"name=Ada", 400),
            ("Content-Length: 0", b"", 400),
            ("Accept: */*", b"name=Ada", 411),
            ("Transfer-Encoding: chunked", b"8\r\nname=Ada\r\n0\r\n\r\n", 411),
        ],
    )
    def test_a_length_that_lies_is_refused(self, unchecked, header, body, status):
        head = f"POST / HTTP/1.1\nHost: x\nContent-Type: {FORM}\n{header}"

        assert say(unchecked, head, body)[0] == status

    def test_what_follows_the_announced_length_is_not_read(self, function, directmail):
        body = form_body().encode()
        head = f"POST / HTTP/1.1\nHost: x\nContent-Type: {FORM}\n"

        status, _ = say(
            function, f"{head}Content-Length: {len(body)}", body + b"&website=trap"
        )

        assert status == 200
        assert len(directmail.mails) == 1

    @pytest.mark.parametrize(("length", "status"), [(65536, 400), (65537, 413)])
    def test_a_body_whose_end_the_server_knows_is_read_within_bounds(
        self, length, status
    ):
        stream = BytesIO(b"x" * length + b"y" * 1_000_000)
        stream = stream if status == 413 else BytesIO(b"x" * length)
        statuses = []

        index.application(
            {
                "REQUEST_METHOD": "POST",
                "CONTENT_TYPE": FORM,
                "wsgi.input": stream,
                "wsgi.input_terminated": True,
            },
            lambda line, headers: statuses.append(line),
        )

        assert statuses[0].startswith(f"{status} ")
        assert stream.tell() <= form_fields.MAX_BODY + 1

    def test_the_key_of_the_function_signs(self, directmail):
        body = form_body().encode()
        credentials = SimpleNamespace(
            access_key_id=known.STS_ACCESS_KEY_ID,
            access_key_secret=known.STS_ACCESS_KEY_SECRET,
            security_token=known.STS_SECURITY_TOKEN,
        )

        index.application(
            {
                "REQUEST_METHOD": "POST",
                "CONTENT_TYPE": FORM,
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": BytesIO(body),
                "fc.context": SimpleNamespace(credentials=credentials),
            },
            lambda line, headers: None,
        )

        assert directmail.mails[0].access_key_id == known.STS_ACCESS_KEY_ID


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
ODD = JSON_VALUES | st.sampled_from(["POST", "OPTIONS", "HEAD", "true", form_body()])
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "httpMethod": ODD,
        "headers": ODD
        | st.dictionaries(
            st.sampled_from(["Content-Type", "origin", "Accept", "X-Forwarded-For"]),
            ODD | st.sampled_from([FORM, JSON, ORIGIN, "text/html"]),
        ),
        "body": ODD | st.binary().map(bytes.hex),
        "isBase64Encoded": ODD,
        "requestContext": ODD
        | st.fixed_dictionaries({"http": st.dictionaries(st.text(), ODD)}),
    },
)
BODIES = st.binary() | st.dictionaries(
    st.sampled_from(sorted(MESSAGE)), JSON_VALUES
).map(lambda fields: json.dumps(fields).encode())
ANY = (
    st.binary()
    | st.text()
    | EVENTS.map(json.dumps)
    | BODIES.map(lambda body: json.dumps(gateway_event(body, encode=True)))
    | BODIES.map(
        lambda body: json.dumps(
            gateway_event(body, encode=True, Content_Type="application/json")
        )
    )
)


class TestAnyEvent:
    """Whatever comes, the gateway gets an answer that it understands."""

    @settings(
        max_examples=300,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(event=ANY)
    @example(event=json.dumps(gateway_event(form_body())))
    @example(event=json.dumps(trigger_event(form_body(), address=5)))
    def test_the_answer_is_well_formed_and_no_failure(self, event):
        answer = index.handler(event, None)

        assert json.loads(json.dumps(answer)) == answer
        assert set(answer) == {"isBase64Encoded", "statusCode", "headers", "body"}
        assert answer["isBase64Encoded"] is False
        assert answer["statusCode"] in {200, 204, 400, 403, 405, 413, 415, 429}
        assert isinstance(answer["body"], str)
        lines = [*answer["headers"], *answer["headers"].values()]
        assert all(re.fullmatch(r"[ -~]+", line) for line in lines)


class TestAlone:
    """On a machine with nothing but Python, requests and the package."""

    def test_no_django_is_imported(self):
        script = (
            "import sys, index; index.handler(b'{}', None);"
            "print([name for name in sys.modules if name.split('.')[0] == 'django'])"
        )

        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            cwd=FOLDER,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert (done.stdout, done.returncode) == ("[]\n", 0)

    def test_python_index_serves_it(self, directmail):
        with subprocess.Popen(
            [sys.executable, "index.py", "0"],
            cwd=FOLDER,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                url = re.search(r"http://\S+", process.stdout.readline())[0]
                answer = requests.post(url, data=MESSAGE, timeout=20)
            finally:
                process.terminate()
            log = process.stderr.read()

        assert answer.status_code == 200
        assert len(directmail.mails) == 1
        assert "INFO A message was sent" in log

    def test_requirements_are_what_the_package_needs_without_django(self):
        assert (FOLDER / "requirements.txt").read_text().split() == ["requests"]

    def test_each_variable_is_in_the_readme(self):
        source = "".join(path.read_text() for path in FOLDER.glob("*.py"))
        names = set(re.findall(r"\b(?:CONTACT|DIRECTMAIL)_[A-Z_]+\b", source))
        names |= {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"}

        assert names <= set(re.findall(r"[A-Z_]+", (FOLDER / "README.rst").read_text()))
