"""Percent-encoding, with the standard library as the witness."""

from urllib.parse import quote

import pytest
from hypothesis import given

from django_directmail.api.encoding import percent_encode
from tests.support.api_samples import NASTY, texts


@pytest.mark.parametrize("text", [*NASTY, "", "Abc019", "-_.~", "\u7532", "\u0663"])
def test_it_leaves_only_unreserved_characters(text):
    assert percent_encode(text) == quote(text, safe="~")


@given(texts)
def test_any_text_is_encoded(text):
    assert percent_encode(text) == quote(text, safe="~")


def test_no_byte_is_lost_where_one_piece_ends_and_the_next_begins():
    # Three bytes each, so that the ends of pieces lie within characters.
    text = "\u8ba2" * 200_000

    assert percent_encode(text) == "%E8%AE%A2" * 200_000
