"""Bodies of requests, and the forms in them."""

import tracemalloc

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from django_directmail.sandbox.request_body import (
    MAX_REQUEST,
    MalformedForm,
    parse_fields,
    parse_parts,
    refuse_length,
)

MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=3))
def test_what_requests_sends_is_read(contents):
    """Another implementation makes the form: the one of urllib3."""
    files = [(f"f{n}", (f"{n}.bin", content)) for n, content in enumerate(contents)]
    request = requests.Request("POST", "http://h/", data={"x": "é"}, files=files)
    sent = request.prepare()

    found = parse_parts({"content-type": sent.headers["Content-Type"]}, sent.body)

    fields = [("x", "é".encode())]
    assert found == fields + [(name, content) for name, (_, content) in files]


@pytest.mark.parametrize(
    "kind",
    [
        'Multipart/Form-Data;boundary="b"',
        "multipart/form-data ; boundary=b",
        " multipart/form-data; boundary=b ",
    ],
)
def test_the_content_type_may_be_written_in_other_ways(kind):
    assert parse_parts({"content-type": kind}, PART + b"--b--") == [("a", b"1")]


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "multipart/form-data",
        "multipart/mixed; boundary=b",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="b',
        "multipart/form-data; boundary=b; charset=utf-8",
        "application/x-www-form-urlencoded",
    ],
)
def test_any_other_content_type_is_refused(kind):
    with pytest.raises(MalformedForm, match="content type"):
        parse_parts({"content-type": kind}, PART + b"--b--\r\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--\r\n",
        PART,
        PART + b"--b",
        PART + b"--b-",
        PART + b"--bx\r\n",
        PART + b"--b--\r\nmore",
        b"before\r\n" + PART + b"--b--\r\n",
        PART.replace(b"--b", b"--c") + b"--c--\r\n",
        b"--b\r\n\r\n1\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n",
        b"--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--\r\n",
        b"--b\r\nX: " + b"x" * 5000 + b"\r\n\r\n1\r\n--b--\r\n",
        PART.replace(b"\r\n", b"\n") + b"--b--\n",
    ],
)
def test_what_is_no_such_form_is_refused(body):
    with pytest.raises(MalformedForm):
        parse_parts(MULTIPART, body)


def test_a_large_file_is_copied_once():
    content = b"x" * 15_000_000
    body = PART + PART.replace(b"1\r\n", content + b"\r\n") + b"--b--\r\n"

    tracemalloc.start()
    parts = parse_parts(MULTIPART, body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [len(content) for _, content in parts] == [1, 15_000_000]
    assert peak < 15_100_000


@pytest.mark.parametrize(
    ("length", "chunked", "status"),
    [
        ("0", False, None),
        (str(MAX_REQUEST), False, None),
        (str(MAX_REQUEST + 1), False, 413),
        ("9" * 30, False, 400),
        ("-1", False, 400),
        ("٣", False, 400),
        ("", False, 400),
        ("10", True, 411),
    ],
)
def test_a_body_of_no_or_too_much_length_is_not_read(length, chunked, status):
    assert refuse_length(length, chunked=chunked) == status


def test_other_forms_have_no_fields():
    body = b"a=1"

    assert parse_fields({"content-type": "text/plain"}, body) == {}
    assert parse_fields(
        {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}, body
    ) == {"a": "1"}
