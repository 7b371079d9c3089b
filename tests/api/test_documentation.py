"""The pages of the client and of the sandbox say which actions there are."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from django_directmail import api

DOCS = Path(__file__).parent.parent.parent / "docs"
EXPORTED = [getattr(api, name) for name in api.__all__]
ACTIONS = [item for item in EXPORTED if hasattr(item, "action_name")]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
def test_each_action_has_an_entry_with_all_its_parameters(action):
    text = (DOCS / "standalone.rst").read_text()
    entry = text.partition(f"\n``{action.__name__}``\n")[2]

    named = re.findall("``(.+?)``", re.split(r"\n(?=\S)", entry)[0])

    assert {field.name for field in fields(action)} <= set(named)


def test_each_action_that_the_sandbox_answers_is_named(sandbox):
    named = re.findall("``(.+?)``", (DOCS / "sandbox.rst").read_text())

    assert {name for _, name in sandbox.service._actions} <= set(named)
