"""Headers: one of each name, and what the API takes of them."""

import pytest

from django_directmail.api import UnsupportedMessage
from django_directmail.message.headers import Headers, is_carried


def test_case_makes_no_difference_in_names():
    headers = Headers({"X-User-Team": "a"})

    assert "x-user-TEAM" in headers
    assert headers["x-user-team"] == "a"
    assert headers.pop("X-USER-TEAM") == "a"
    assert len(headers) == 0


def test_later_group_wins_with_its_spelling():
    headers = Headers({"X-User-A": "1", "X-User-B": "2"}, {"x-user-a": "3"})

    assert list(headers.items()) == [("x-user-a", "3"), ("X-User-B", "2")]


def test_same_header_twice_is_refused():
    with pytest.raises(UnsupportedMessage, match="x-user-a is there twice"):
        Headers.read({"X-User-A": "1", "x-user-a": "2"})


@pytest.mark.parametrize("name", ["", "X User", "X-User:", "X-User-ä"])
def test_malformed_name_is_refused(name):
    with pytest.raises(UnsupportedMessage, match="is not the name of a header"):
        Headers.read({name: "1"})


def test_api_gets_headers_as_they_are_spelt():
    headers = Headers({"x-USER-a": "1", "message-ID": "<1@example.com>"})

    assert headers.for_api() == {"x-USER-a": "1", "message-ID": "<1@example.com>"}


def test_header_that_the_api_does_not_carry_is_refused():
    assert not is_carried("Organization")
    with pytest.raises(UnsupportedMessage, match="does not carry the header Organiz"):
        Headers({"Organization": "x"}).for_api()


def test_more_headers_than_the_api_keeps_are_refused():
    headers = Headers({f"X-User-{n}": "1" for n in range(11)})

    with pytest.raises(UnsupportedMessage, match="has 11 headers"):
        headers.for_api()


def test_repr_shows_no_header():
    assert "sesame" not in repr(Headers({"X-User-Code": "sesame"}))
