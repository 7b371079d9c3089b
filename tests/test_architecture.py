"""The house keeps its shape: who imports whom, and who speaks DirectMail's names."""

import dataclasses
import importlib
import pathlib
import pkgutil
import re
import shutil
import subprocess
import sys
from urllib.parse import parse_qsl

import pytest

import django_directmail
from django_directmail.api import Client, Credentials
from django_directmail.api.actions import (
    account,
    batch,
    domains,
    files,
    sms,
    statistics,
    tags,
    templates,
)
from django_directmail.api.actions.account import DescAccountSummary
from django_directmail.api.actions.mail import Attachment, SingleSendMail, Template
from django_directmail.api.results import Page, SendResult, wire_names

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "django_directmail"
#: Where DirectMail's own names may be written: here we speak or play its language.
AT_HOME = ("django_directmail/api/", "django_directmail/sandbox/")
TESTS_AT_HOME = ("tests/api/", "tests/sandbox/", "tests/support/")
#: Names that are also ordinary words of Python, Django or mail.
ORDINARY = {"Subject", "Headers", "Template", "Attachments", "Domains", "Tags"}
ORDINARY |= {"Templates", "Receivers", "TemplateContent", "To", "Alias"}
ORDINARY |= {"Bucket", "Endpoint", "Product", "Content", "SendStatus"}
ORDINARY |= {"Domain", "Esp", "Length", "Message", "Status", "Total"}
ORDINARY |= {"Action", "Format", "Signature", "Timestamp", "Version"}
#: Whose dataclasses all speak the wire's language.
MODULES = (account, batch, domains, files, sms, statistics, tags, templates)


def wire_vocabulary():
    """Return the names of DirectMail's parameters, answers and common parameters."""
    classes = (
        SingleSendMail,
        Template,
        Attachment,
        SendResult,
        Page,
        *(
            found
            for module in MODULES
            for found in vars(module).values()
            if dataclasses.is_dataclass(found)
        ),
    )
    names = {name for cls in classes for name in wire_names(cls).values()}
    client = Client(Credentials("id", "secret", "token"))
    request = client.prepare(DescAccountSummary()).request
    names |= {name for name, _ in parse_qsl(request.body.decode())}
    return names - ORDINARY


def tracked_files():
    """Return the files of the repository, generated ones left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    folders = ("django_directmail", "docs", "example_project", "tests")
    unpacked = [p for folder in folders for p in (ROOT / folder).rglob("*.*")]
    unpacked += ROOT.glob("*.rst")
    # Outside a checkout, as in an unpacked archive, git lists nothing.
    return listed.stdout.splitlines() or [str(p.relative_to(ROOT)) for p in unpacked]


def test_wire_names_stand_only_where_the_wire_is_spoken():
    pattern = re.compile(rf"\b({'|'.join(sorted(wire_vocabulary()))})\b")
    found = []
    for name in tracked_files():
        path = ROOT / name
        if name.startswith(AT_HOME + TESTS_AT_HOME) or not path.exists():
            continue
        if path.suffix not in (".py", ".html", ".js", ".rst", ".cfg", ".toml", ".ini"):
            continue
        if path == pathlib.Path(__file__):
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{name}:{number}: {line.strip()}")

    assert not found, "\n".join(found)


def lint_imports(root):
    """Run the import contract of ``setup.cfg`` on the tree at ``root``."""
    pytest.importorskip("importlinter", reason="import-linter is not installed")
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as c; c()",
            "--config",
            "setup.cfg",
            "--no-cache",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "", "PYTHONPATH": str(root)},
    )


def copy_tree(to):
    shutil.copytree(PACKAGE, to / "django_directmail")
    shutil.copy(ROOT / "setup.cfg", to)
    return to


def test_import_contract_holds():
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("api/errors.py", "import django", "Neither api nor sandbox knows Django"),
        (
            "api/signing.py",
            "from django_directmail.api import transport",
            "The rooms of api",
        ),
        (
            "message/plan.py",
            "from django_directmail import backends",
            "The rooms of the house",
        ),
        ("utils.py", "", "The rooms of the house"),
        ("api/actions/mail.py", "import socket", "Nothing but these opens a socket"),
        ("log/rows.py", "import socket", "Nothing but these opens a socket"),
        ("log/rows.py", "from http import client", "Nothing but these opens a socket"),
        (
            "sending/sender.py",
            "from django_directmail import models",
            "The rooms of the house",
        ),
        (
            "admin/dashboard.py",
            "from django_directmail.sandbox import faults",
            "The rooms of the house",
        ),
        (
            "management/commands/sendtestmail.py",
            "from django_directmail.sandbox import faults",
            "The sandbox stands beside the rest",
        ),
    ],
)
def test_import_contract_breaks_for_a_wrong_import(tmp_path, module, line, contract):
    tree = copy_tree(tmp_path)
    with open(tree / "django_directmail" / module, "a") as file:
        file.write(f"\n{line}\n")

    done = lint_imports(tree)

    assert done.returncode != 0
    assert contract in done.stdout + done.stderr


def modules():
    """Yield the names of all modules that can be imported in any process."""
    for found in pkgutil.walk_packages(
        django_directmail.__path__, "django_directmail."
    ):
        # A migration has no names for others; __main__ runs when it is imported.
        if ".migrations." not in found.name and not found.name.endswith("__main__"):
            yield found.name


@pytest.mark.parametrize("name", sorted(modules()))
def test_all_names_what_is_there(name):
    module = importlib.import_module(name)
    names = getattr(module, "__all__", [])

    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(module, name)] == []


def test_importing_the_package_imports_nothing():
    script = (
        "import sys; before = set(sys.modules); import django_directmail;"
        "print(sorted(set(sys.modules) - before))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT
    )

    assert done.stdout.strip() == "['django_directmail']"
