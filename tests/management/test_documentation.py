"""The page of the commands says what they take."""

import re
from pathlib import Path

import pytest
from django.core.management import load_command_class
from django.core.management.base import BaseCommand

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
COMMANDS = (ROOT / "django_directmail/management/commands").glob("[!_]*.py")


class TestCommands:
    """Each option of each command has an entry, and no other."""

    @pytest.mark.parametrize("name", sorted(path.stem for path in COMMANDS))
    def test_each_option_has_an_entry(self, name):
        text = (DOCS / "commands.rst").read_text()
        section = re.split(r"\n.+\n-{3,}\n", text.partition(f"{name}\n---")[2])[0]
        entries = re.findall(r"^``(\S+)[^`]*``$", section, re.MULTILINE)
        command = load_command_class("django_directmail", name)

        assert entries == sorted(entries, key=option_names(command).index)
        assert entries == [n for n in option_names(command) if n not in DJANGO_OPTIONS]


def option_names(command):
    """Return how each argument of a command is written, the long form of options."""
    parser = command.create_parser("manage.py", "command")
    return [
        action.option_strings[-1] if action.option_strings else action.dest
        for action in parser._actions
    ]


DJANGO_OPTIONS = option_names(BaseCommand())
