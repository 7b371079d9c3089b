"""The web UI and its JSON API, without a browser."""

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
import requests

from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET, Sandbox
from django_directmail.sandbox.web_ui import FILES
from tests.support.sandbox_mails import send
from tests.support.sandbox_web_ui import get, policy

STATIC = files("django_directmail.sandbox").joinpath("static")


class Tags(HTMLParser):
    """Collects the tags of a page, with their attributes and the text in them."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), []))

    def handle_data(self, data):
        if self.found:
            self.found[-1][2].append(data)


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_served_as_what_it_is(sandbox, name):
    answer = get(sandbox, f"/static/{name}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == FILES[name]
    assert answer.content == STATIC.joinpath(name).read_bytes()


def test_every_file_of_the_folder_is_served():
    assert {path.name for path in STATIC.iterdir()} == set(FILES)


def test_the_page_is_at_the_root(sandbox):
    answer = get(sandbox, "/")

    assert answer.content == STATIC.joinpath("index.html").read_bytes()


def test_head_answers_like_get_without_a_body(sandbox):
    answer = requests.head(sandbox.url, timeout=10)

    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 1000
    assert answer.content == b""


def test_the_page_may_load_and_run_its_own_files_only(sandbox):
    answer = get(sandbox, "/")

    assert policy(answer) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_has_no_inline_script_or_style():
    page = Tags(STATIC.joinpath("index.html").read_text("utf-8"))

    for tag, attributes, texts in page.found:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert attributes["src"].startswith("/static/")
            assert "".join(texts).strip() == ""


def test_no_file_names_another_server():
    for name in FILES:
        text = STATIC.joinpath(name).read_text("utf-8")
        found = re.findall(r"https?://[a-z][\w.-]*", text)
        assert set(found) <= {"http://www.w3.org"}  # the namespace of SVG


def test_scripts_never_write_markup():
    for name in FILES:
        if name.endswith(".js"):
            text = STATIC.joinpath(name).read_text("utf-8")
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacent|write\(|eval", text
            )


def test_every_text_has_its_chinese():
    page = STATIC.joinpath("index.html").read_text("utf-8")
    scripts = "".join(
        STATIC.joinpath(name).read_text("utf-8")
        for name in ("web_ui.js", "mail.js", "sms.js")
    )
    texts = STATIC.joinpath("texts.js").read_text("utf-8")
    translated = set(re.findall(r'^  "([^"]+)":', texts, re.MULTILINE))

    used = {
        " ".join(text.split()) for text in re.findall(r"data-t>([^<]+)</", page, re.S)
    }
    used |= set(re.findall(r'\bt\("([^"]+)"', scripts))
    for line in re.findall(r"\bsay\(.*\);", scripts):
        used |= {t for t in re.findall(r'"([^"]+)"', line) if not t.endswith("-title")}
    used -= {"state", "copy"}

    assert used == translated


def test_a_preview_can_do_nothing(sandbox):
    send(sandbox, html_body="<p>你好</p><script>alert(1)</script>")

    answer = get(sandbox, "/mails/1/preview")

    assert answer.headers["Content-Type"] == "text/html;charset=utf-8"
    assert answer.content.decode() == "<p>你好</p><script>alert(1)</script>"
    assert policy(answer) == {
        "sandbox": "",
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-DNS-Prefetch-Control"] == "off"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_list_has_the_newest_first_and_no_bodies(sandbox):
    send(sandbox, subject="Old", text_body="x" * 300)
    send(sandbox, subject="New", text_body=None, html_body="<b>secret body</b>")

    answer = get(sandbox, "/api/mails")

    found = answer.json()["mails"]
    assert [mail["subject"] for mail in found] == ["New", "Old"]
    assert [mail["has_html"] for mail in found] == [True, False]
    assert [mail["excerpt"] for mail in found] == ["", "x" * 200]
    assert not {"html", "text", "parameters"} & set(found[0])
    assert "secret body" not in answer.text


def test_one_mail_has_everything_but_the_proof_of_its_sender(sandbox):
    result = send(sandbox, html_body="<b>Hi</b>", tag_name="orders", from_alias="Shop")

    mail = get(sandbox, "/api/mails/1").json()

    assert mail["html"] == "<b>Hi</b>"
    assert mail["sender_name"] == "Shop"
    assert mail["signature"] == "HMAC-SHA1"
    assert mail["env_id"] == result.env_id
    assert mail["request_id"] == result.request_id
    assert mail["parameters"]["TagName"] == "orders"
    assert "Signature" not in mail["parameters"]


def test_links_of_a_mail_are_listed_once_and_only_those_of_the_web(sandbox):
    send(
        sandbox,
        html_body="<a href=' https://a.example/1?b=2&amp;c=3 '>1</a><a name='x'>2</a>"
        "<A HREF='JavaScript:alert(1)'>3</A><a href='mailto:a@example.com'>4</a>"
        "<a href='/relative'>5</a><a href='HTTP://b.example'>6</a>",
        text_body="(See https://a.example/1?b=2&c=3, or <http://c.example/x.y>.)",
    )

    assert get(sandbox, "/api/mails/1").json()["links"] == [
        "https://a.example/1?b=2&c=3",
        "HTTP://b.example",
        "http://c.example/x.y",
    ]


def test_what_would_connect_is_no_more_in_the_preview(sandbox):
    html = "<link rel=preconnect><IFRAME src=x></iframe><object/><embed\n><linked>"
    send(sandbox, html_body=html)

    answer = get(sandbox, "/mails/1/preview")

    assert (
        answer.text
        == "<meta rel=preconnect><meta src=x></iframe><meta/><meta\n><linked>"
    )
    assert get(sandbox, "/api/mails/1").json()["html"] == html


def test_the_revision_changes_with_the_mail(sandbox):
    revisions = [get(sandbox, "/api/status").json()["revision"]]
    send(sandbox)
    revisions.append(get(sandbox, "/api/status").json()["revision"])
    requests.delete(f"{sandbox.url}/api/mails", timeout=10)
    revisions.append(get(sandbox, "/api/mails").json()["revision"])

    assert len(set(revisions)) == 3


def test_the_status_tells_one_sandbox_from_the_next(sandbox):
    with Sandbox() as other:
        names = {get(one, "/api/status").json()["instance"] for one in (sandbox, other)}
    names.add(get(sandbox, "/api/mails").json()["instance"])

    assert len(names) == 2


def test_the_status_has_what_goes_into_the_settings(sandbox):
    status = get(sandbox, "/api/status").json()

    assert status["access_key_id"] == ACCESS_KEY_ID
    assert status["access_key_secret"] == ACCESS_KEY_SECRET
    assert status["senders"] == ["@example.com", "@example.net", "@example.org"]


def test_clear_forgets_all_mail(sandbox):
    send(sandbox)

    answer = requests.delete(f"{sandbox.url}/api/mails", timeout=10)

    assert answer.status_code == 200
    assert get(sandbox, "/api/mails").json()["mails"] == []
    assert get(sandbox, "/api/mails/1").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/static/",
        "/static/server.py",
        "/static/../web_ui.py",
        "/static/..%2fweb_ui.py",
        "/static/x/web_ui.js",
        "/api",
        "/api/nothing",
        "/api/mails/1",
        "/api/mails/-1",
        "/api/mails/%D9%A1",
        "/api/mails/" + "9" * 5000,
        "/mails/1/preview",
        "/mails/preview",
        "/mails/x/preview",
    ],
)
def test_an_address_with_nothing_behind_it_is_404(sandbox, path):
    answer = get(sandbox, path)

    assert answer.status_code == 404
    assert "error" in answer.json()


def test_half_a_surrogate_pair_does_not_break_the_list(sandbox):
    # The client refuses such text; inside the JSON of a parameter it is ASCII.
    class Smuggled(str):
        def __str__(self):
            return '{"X-User-A":"\\ud800"}'

    send(sandbox, headers=Smuggled())

    assert get(sandbox, "/api/mails").json()["mails"][0]["headers"] == {"X-User-A": "?"}


@pytest.mark.parametrize("path", ["/", "/api/mails", "/mails/1/preview", "/api/status"])
def test_a_foreign_host_name_is_refused(sandbox, path):
    send(sandbox)

    answer = get(sandbox, path, headers={"Host": "evil.example"})

    assert answer.status_code == 403
    assert b"Your order" not in answer.content


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "LOCALHOST"])
def test_names_of_this_machine_are_welcome(sandbox, name):
    port = sandbox.url.rpartition(":")[2]

    answer = get(sandbox, "/api/status", headers={"Host": f"{name}:{port}"})

    assert answer.status_code == 200


def test_a_fault_is_taken_and_listed(sandbox):
    url = f"{sandbox.url}/api/faults"

    answer = requests.post(url, json={"kind": "hang", "times": 2}, timeout=10)

    assert answer.status_code == 201
    assert [
        fault["kind"] for fault in get(sandbox, "/api/faults").json()["faults"]
    ] == [
        "hang",
        "hang",
    ]


def test_faults_can_be_taken_back(sandbox):
    sandbox.add_fault("hang")

    requests.delete(f"{sandbox.url}/api/faults", timeout=10)

    assert get(sandbox, "/api/faults").json() == {"faults": []}


def test_a_form_of_another_site_cannot_add_a_fault(sandbox):
    url = f"{sandbox.url}/api/faults"

    answer = requests.post(
        url, data='{"kind":"hang"}', headers={"Content-Type": "text/plain"}, timeout=10
    )

    assert answer.status_code == 415
    assert get(sandbox, "/api/faults").json() == {"faults": []}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"kind":"rain"}', "[" * 100_000])
def test_a_fault_that_makes_no_sense_is_refused(sandbox, body):
    url = f"{sandbox.url}/api/faults"

    answer = requests.post(
        url, data=body, headers={"Content-Type": "application/json"}, timeout=10
    )

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_request_of_another_origin_gets_no_permission(sandbox):
    answer = get(sandbox, "/api/mails", headers={"Origin": "https://evil.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_question_before_a_foreign_delete_is_not_answered(sandbox):
    # A browser asks this before it lets another site send DELETE.
    answer = requests.options(f"{sandbox.url}/api/mails", timeout=10)

    assert answer.status_code == 501
