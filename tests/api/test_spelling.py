"""Suggestions for misspelt words."""

from django_directmail.api.spelling import suggest


def test_a_suggestion_needs_a_likeness():
    assert suggest("REGOIN", ["REGION"]) == ' Did you mean "REGION"?'
    assert suggest("COLOUR", ["REGION"]) == ""
