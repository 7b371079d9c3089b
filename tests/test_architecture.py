"""The shape of the package: its imports, its file names, and where wire names stand."""

import ast
import dataclasses
import importlib
import os
import pathlib
import pkgutil
import re
import shutil
import subprocess
import sys
from collections import Counter
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
from django_directmail.api.fields import wire_names
from django_directmail.api.responses import Page, SendResult
from tests.support.example_site import execute

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "django_directmail"
TESTS = ROOT / "tests"
#: Folders and files whose names may repeat that of another file.
MAY_REPEAT = ("api/actions/", "sandbox/", "migrations/")
#: A protocol, and its implementation.
PAIRS = {"sending/recorder.py", "log/recorder.py"}
#: Folders of tests that are not about one module: the same cases for all ways of
#: sending, and the function of the example project.
FOLDERS_OF_THEIR_OWN = ("conformance/", "function/", "support/")
#: Test files that are not about one module, and what they are about.
FILES_OF_THEIR_OWN = {
    "admin/test_odd_input.py": "all pages of the admin",
    "api/test_documentation.py": "the page of the docs about the actions",
    "log/test_batch_log.py": "what send_batch() writes into the log",
    "log/test_databases.py": "all tables on each database",
    "management/test_documentation.py": "the page of the docs about the commands",
    "sending/test_fault_matrix.py": "a whole send at each fault",
    "sending/test_killed_process.py": "a whole send in a process that is killed",
    "sending/test_random_faults.py": "thousands of sends with random faults",
    "test_architecture.py": "the whole package",
    "test_benchmarks.py": "the benchmarks",
    "test_docs.py": "the docs",
    "test_example_browser.py": "the example project",
    "test_example_project.py": "the example project",
    "test_packaging.py": "the built package",
    "test_secrecy.py": "the errors and logs of the whole package",
    "test_secrecy_parts.py": "the errors and logs of the whole package",
    "test_translations.py": "the message catalogues",
}
#: Files whose module still has another name, or the other way round.
TO_BE_RENAMED = {"api/test_responses.py", "api/test_responses_hostile.py"}
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


def imported_names(path):
    """Yield the dotted name of everything that the module at ``path`` imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_conf_reads_settings():
    readers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if {"django.conf", "django.conf.settings"} & {*imported_names(path)}
    }

    assert readers == {"conf.py"}


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


def files_below(folder, pattern):
    """Return the paths of files below ``folder`` that match, relative to it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern)}


def test_a_file_name_stands_once_in_the_package():
    found = {
        path
        for path in files_below(PACKAGE, "*.py") - PAIRS - TO_BE_RENAMED
        if not path.startswith(MAY_REPEAT)
        and not path.endswith(("__init__.py", "__main__.py"))
    }

    count = Counter(pathlib.PurePath(path).name for path in found)

    assert [
        path for path in sorted(found) if count[pathlib.PurePath(path).name] > 1
    ] == []


def names_to_test(room):
    """
    Return the names that files of tests for ``room`` may begin with.

    These are its modules and packages, its own name, and the modules of those of its
    packages that have no folder of tests.
    """
    folder = PACKAGE / room
    names = {path.stem for path in folder.glob("*.py")} | {folder.name}
    for package in folder.glob("*/__init__.py"):
        names.add(package.parent.name)
        if not (TESTS / room / package.parent.name).is_dir():
            names |= {path.stem for path in package.parent.glob("*.py")}
    return names


def test_tests_mirror_the_package():
    without_module = set()
    for path in files_below(TESTS, "test_*.py"):
        room = pathlib.PurePath(path).parent
        name = pathlib.PurePath(path).stem.removeprefix("test_")
        if not path.startswith(FOLDERS_OF_THEIR_OWN) and not any(
            f"{name}_".startswith(f"{module}_") for module in names_to_test(room)
        ):
            without_module.add(path)

    assert without_module - TO_BE_RENAMED == set(FILES_OF_THEIR_OWN)


def test_the_admin_in_production_loads_nothing_of_the_sandbox(tmp_path):
    script = (
        "import sys, django; django.setup(); import website.urls;"
        "from django.contrib import admin; admin.autodiscover();"
        "print([name for name in sys.modules if name == 'http.server'"
        " or name.startswith('django_directmail.sandbox')])"
    )

    done = execute(
        ["-c", script],
        tmp_path,
        ALIBABA_CLOUD_ACCESS_KEY_ID="id",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="secret",
        DEBUG="0",
        DJANGO_SETTINGS_MODULE="website.settings",
        PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "example_project")]),
        SECRET_KEY="secret",
    )

    assert (done.stderr, done.stdout) == ("", "[]\n")
