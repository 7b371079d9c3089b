"""How values become the text of parameters."""

import importlib
import json
import pkgutil
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_directmail.api import UnsupportedMessage, actions
from django_directmail.api.actions.action import Action
from django_directmail.api.fields import wire
from tests.support.api_samples import texts


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of :class:`SomeAction` with two names."""

    first: str = wire("First", default="")
    second: int | None = wire("Second", default=None)


@dataclass(frozen=True, kw_only=True)
class SomeAction(Action[dict]):
    """An action with a parameter of each kind."""

    text: str | None = wire("Text", default=None)
    number: int | None = wire("Number", default=None)
    flag: bool | None = wire("Flag", default=None)
    mapping: dict | None = wire("Mapping", default=None)
    part: Part | None = wire("Part", default=None)
    parts: Sequence[Part] | None = wire("Parts", default=None)
    listed: Sequence[Part] | None = wire("Listed", default=None, as_json=True)
    not_sent: str = "stays here"

    def read(self, answer):
        return dict(answer)


def test_the_name_of_the_class_is_the_name_of_the_action():
    assert SomeAction.action_name() == "SomeAction"
    assert SomeAction.version == "2015-11-23"


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        ({}, {}),
        ({"text": ""}, {"Text": ""}),
        ({"number": 0}, {"Number": "0"}),
        ({"flag": True}, {"Flag": "true"}),
        ({"flag": False}, {"Flag": "false"}),
        ({"mapping": {}}, {"Mapping": "{}"}),
        (
            {"mapping": {"b": 'say "你好"', "a": "\r\n"}},
            {"Mapping": '{"b":"say \\"你好\\"","a":"\\r\\n"}'},
        ),
        ({"part": Part(first="x")}, {"Part": '{"First":"x"}'}),
        ({"parts": []}, {}),
        (
            {"parts": [Part(first="x"), Part(first="y", second=5)]},
            {"Parts.1.First": "x", "Parts.2.First": "y", "Parts.2.Second": "5"},
        ),
        ({"listed": []}, {"Listed": "[]"}),
        (
            {"listed": [Part(first="你"), Part(first="y", second=5)]},
            {"Listed": '[{"First":"你"},{"First":"y","Second":5}]'},
        ),
    ],
)
def test_values_become_text_under_the_names_of_the_wire(fields, parameters):
    assert SomeAction(**fields).parameters() == parameters


def test_the_order_is_that_of_the_fields():
    action = SomeAction(parts=[Part(first="x")], text="t", number=1)

    assert list(action.parameters()) == ["Text", "Number", "Parts.1.First"]


@given(texts)
@settings(max_examples=50, deadline=None)
def test_text_stays_as_it_is(text):
    assert SomeAction(text=text).parameters() == {"Text": text}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"text": "bad \ud800"}, "Text"),
        ({"mapping": {"key": "\udfff"}}, "Mapping"),
        ({"mapping": {"\udfff": "value"}}, "Mapping"),
        ({"parts": [Part(), Part(first="\udc80")]}, r"Parts\.2\.First"),
    ],
)
def test_half_a_surrogate_pair_is_refused_by_name(fields, name):
    with pytest.raises(UnsupportedMessage, match=f"^{name} holds half of") as caught:
        SomeAction(**fields).parameters()

    assert caught.value.accepted == "no"


@given(st.dictionaries(texts, texts, max_size=3))
@settings(max_examples=50, deadline=None)
def test_a_mapping_of_any_texts_can_be_read_back(mapping):
    assert json.loads(SomeAction(mapping=mapping).parameters()["Mapping"]) == mapping


def all_actions():
    """Return each action of the package."""
    for module in pkgutil.iter_modules(actions.__path__, f"{actions.__name__}."):
        importlib.import_module(module.name)
    waiting, found = [Action], []
    while waiting:
        waiting += (children := waiting.pop().__subclasses__())
        found += [c for c in children if c.__module__.startswith(actions.__name__)]
    return sorted(set(found), key=lambda action: action.__name__)


@pytest.mark.parametrize("action", all_actions(), ids=lambda action: action.__name__)
def test_what_sends_says_so(action):
    """Otherwise a call that may have arrived would be made anew."""
    # SingleSendMail and SendSms, but not SenderStatistics or QuerySendDetails.
    is_sender = re.match(r"(Single|Batch)?Send(?!er)", action.__name__)
    assert bool(action.sends) == bool(is_sender)
