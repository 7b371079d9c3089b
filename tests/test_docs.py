"""The docs say what is so: tables against the code, examples against the sandbox."""

import ast
import inspect
import logging
import os
import re
import runpy
import subprocess
import sys
import textwrap
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import NamedTuple

import django
import pytest
from django.core.management import call_command
from django.utils.log import AdminEmailHandler

from django_directmail.api import errors, responses
from django_directmail.api.actions import (
    account,
    batch,
    domains,
    mail,
    sms,
    statistics,
    tags,
    templates,
)
from django_directmail.api.actions.action import Action
from django_directmail.api.endpoints import ENDPOINTS
from django_directmail.api.errors import TransportError
from django_directmail.api.fields import wire_names
from django_directmail.backends import EmailBackend
from django_directmail.batch import BATCH_PARAMETERS, send_batch
from django_directmail.conf import Account
from django_directmail.message.parameters import PARAMETERS
from django_directmail.options import OPTIONS, POLICIES, WITHOUT_EFFECT
from django_directmail.sandbox import Sandbox
from django_directmail.sandbox.authentication import REQUIRED
from django_directmail.sandbox.faults import KINDS, Fault
from django_directmail.sandbox.mailbox import HIDDEN, Mail
from django_directmail.sandbox.sms_service import Sms
from django_directmail.sandbox.web_ui import WebUi
from django_directmail.signals import post_send, pre_send

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.rst"
PAGES = [*sorted(ROOT.glob("*.rst")), *sorted(DOCS.glob("*.rst"))]
EXAMPLES = [path for path in PAGES if ".. code-block:: python" in path.read_text()]
#: Where the examples believe that the sandbox is.
SANDBOX = "127.0.0.1:8025"
HAS_MAILERS = django.VERSION >= (6, 1)
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


class Example(NamedTuple):
    """A block of Python in a page, and the number of lines before it."""

    path: Path
    line: int
    code: str

    @property
    def is_settings(self):
        """Say whether it only gives values to names in capitals, as settings do."""
        nodes = [n for n in ast.parse(self.code).body if not isinstance(n, HELPERS)]
        return bool(nodes) and all(
            isinstance(node, (ast.Assign, ast.AugAssign)) and _target(node).isupper()
            for node in nodes
        )

    def run(self, namespace, *, url=SANDBOX):
        """Run it in ``namespace``, against the sandbox at ``url``."""
        code = self.code.replace(SANDBOX, url.removeprefix("http://"))
        moved = "\n" * self.line + code
        exec(compile(moved, str(self.path), "exec"), namespace)


HELPERS = (ast.Import, ast.ImportFrom, ast.FunctionDef)


def _target(node):
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return (target.value if isinstance(target, ast.Subscript) else target).id


def read_examples(path):
    """Return the blocks of Python of a page, in order."""
    lines = path.read_text().splitlines()
    found = []
    for number, text in enumerate(lines, start=1):
        if text.strip() == ".. code-block:: python":
            code = textwrap.dedent("\n".join(indented(lines[number:]))).strip("\n")
            found.append(Example(path, number + 1, f"{code}\n"))
    return found


def indented(lines):
    """Yield ``lines`` up to the first that begins at the margin."""
    for line in lines:
        if line and not line.startswith(" "):
            return
        yield line


def read_rows(page, after):
    """Return the first table behind the text ``after``: for each row its cells."""
    text = (DOCS / page).read_text().partition(after)[2]
    table = text.partition(".. list-table::\n")[2].splitlines()
    rows = "\n".join(indented(table)).split("\n   * - ")[2:]
    return [[" ".join(cell.split()) for cell in row.split("\n     - ")] for row in rows]


def literals(text):
    """Return what stands between double backticks."""
    return re.findall(r"``(.+?)``", text)


def read_entries():
    """Return the text of each entry on the page of settings."""
    text = (DOCS / "settings.rst").read_text()
    parts = re.split(r"^([A-Z_]+)\n~+\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def names_under(page, heading):
    """Return the names in capitals that are headings below ``heading``."""
    text = (DOCS / page).read_text().partition(f"\n{heading}\n---")[2]
    section = re.split(r"\n.+\n-{3,}\n", text)[0]
    return set(re.findall(r"^([A-Z_]+)\n~+$", section, re.MULTILINE))


class TestExamples:
    """Each block of Python is valid and runs."""

    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
    def test_each_is_valid_python(self, path):
        for example in read_examples(path):
            assert compile(example.code, str(path), "exec")
            assert ast.parse(example.code).body

    @pytest.fixture
    def _keep_receivers(self):
        """Forget what an example connects to the signals."""
        before = {signal: list(signal.receivers) for signal in (pre_send, post_send)}
        yield
        for signal, receivers in before.items():
            signal.receivers = receivers
            signal.sender_receivers_cache.clear()

    @pytest.mark.django_db
    @pytest.mark.usefixtures("_keep_receivers")
    @pytest.mark.parametrize(
        "path", [p for p in EXAMPLES if p != README], ids=lambda path: path.name
    )
    def test_each_runs(self, path, outbox, tmp_path, settings):
        namespace = {}
        for example in read_examples(path):
            if "@pytest.fixture" in example.code:
                run_as_test_module(example, tmp_path)
            elif example.is_settings:
                build_mailers(example, settings)
            else:
                example.run(namespace, url=outbox.url)

    def test_an_example_is_told_from_settings(self):
        """The other tests would pass as well if none were ever found."""
        kinds = [example.is_settings for example in read_examples(README)]

        assert kinds == [True, False, True]


def run_as_test_module(example, folder):
    """Run an example as a reader would: as a module of tests in a project."""
    if not HAS_MAILERS:
        return
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_example.py").write_text(example.code)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def build_mailers(example, settings):
    """Build a backend for each mailer in an example that shows settings."""
    namespace = {"INSTALLED_APPS": [], "DATABASES": {"default": {}}}
    example.run(namespace)
    before = settings.DIRECTMAIL
    settings.DIRECTMAIL = namespace.get("DIRECTMAIL", before)
    assert EmailBackend().client.endpoint
    for alias, entry in namespace.get("MAILERS", {}).items():
        assert entry["BACKEND"] == "django_directmail.backends.EmailBackend"
        assert EmailBackend(alias=alias, **entry.get("OPTIONS", {})).alias == alias
    settings.DIRECTMAIL = before


class TestReadme:
    """The first page leads to a first mail."""

    @pytest.fixture
    def follow(self, settings):
        """Return a function that applies settings of the README to a sandbox."""
        with Sandbox() as sandbox:

            def follow(example):
                namespace = {"INSTALLED_APPS": []}
                example.run(namespace, url=sandbox.url)
                settings.DIRECTMAIL = namespace["DIRECTMAIL"]
                settings.DEFAULT_FROM_EMAIL = namespace["DEFAULT_FROM_EMAIL"]
                if not HAS_MAILERS:
                    line = r'``EMAIL_BACKEND = "(.+)"``'
                    settings.EMAIL_BACKEND = re.search(line, README.read_text())[1]
                elif "MAILERS" in namespace:
                    settings.MAILERS = namespace["MAILERS"]
                return sandbox

            yield follow

    def test_the_first_mail_takes_one_screen(self):
        screen = "\n".join(README.read_text().splitlines()[:25])

        assert "pip install django_directmail" in screen
        assert "python -m django_directmail.sandbox" in screen
        assert "python manage.py sendtestmail" in screen

    def test_settings_have_eight_lines_at_most(self):
        assert all(
            len(example.code.splitlines()) <= 8 for example in read_examples(README)
        )

    @pytest.mark.parametrize("target", ["demo", "test", "run"])
    def test_the_commands_of_a_checkout_are_named(self, target):
        assert f"make {target}" in README.read_text()

    def test_its_settings_send_the_test_mail(self, follow):
        sandbox = follow(read_examples(README)[0])

        call_command("sendtestmail", "you@example.com")

        assert [(m.sender, m.to) for m in sandbox.mails] == [
            ("shop@example.com", ["you@example.com"])
        ]

    def test_its_code_sends_a_mail(self, follow):
        settings, code, _ = read_examples(README)
        sandbox = follow(settings)

        code.run({})

        assert [(m.subject, m.to) for m in sandbox.mails] == [
            ("Your order", ["you@example.com"])
        ]

    def test_its_settings_for_real_reach_the_region(self, follow):
        follow(read_examples(README)[2])

        assert EmailBackend().client.endpoint == ENDPOINTS["ap-southeast-1"]


class TestSettings:
    """One entry for each key, with what it is and does."""

    def test_each_key_has_an_entry(self):
        assert sorted(read_entries()) == sorted(key.upper() for key in OPTIONS)

    @pytest.mark.parametrize("key", OPTIONS)
    def test_each_entry_has_a_type_and_a_default(self, key):
        entry = read_entries()[key.upper()]

        assert re.search(r"^:Type: \S.*\n:Default: \S", entry, re.MULTILINE)

    @pytest.mark.parametrize(
        "key",
        [
            *("region", "signature", "timeout", "split_recipients", "policy"),
            *("rate_limit", "max_attempts"),
        ],
    )
    def test_a_literal_default_is_that_of_the_code(self, key):
        entry = read_entries()[key.upper()]
        written = re.search(r"^:Default: ``(.+)``$", entry, re.MULTILINE)[1]

        assert ast.literal_eval(written) == getattr(Account(), key)

    def test_keys_without_effect_are_under_their_heading(self):
        expected = {key.upper() for key in WITHOUT_EFFECT}

        assert names_under("settings.rst", "No effect yet") == expected

    def test_each_region_is_named(self):
        assert set(ENDPOINTS) <= set(literals(read_entries()["REGION"]))

    def test_each_check_is_listed(self):
        source = (ROOT / "django_directmail" / "checks.py").read_text()
        listed = [
            literals(row[0])[0] for row in read_rows("settings.rst", "\nChecks\n")
        ]

        assert listed == sorted(set(re.findall(r"directmail\.[EW]\d+", source)))

    def test_each_policy_is_listed_with_its_choices(self):
        rows = read_rows("sending.rst", ".. _policies:")
        listed = {literals(row[0])[0]: tuple(literals(row[1])) for row in rows}

        assert listed == POLICIES

    def test_each_parameter_is_listed(self):
        rows = read_rows("sending.rst", ".. _parameters:")
        listed = [name for row in rows for name in literals(row[0])]

        assert sorted(listed) == sorted(PARAMETERS)


def test_each_parameter_of_a_batch_is_named():
    named = literals((DOCS / "batch.rst").read_text())

    assert set(inspect.signature(send_batch).parameters) - {"parameters"} <= set(named)
    assert set(BATCH_PARAMETERS) <= set(named)


class TestErrors:
    """The page of errors is that of the code."""

    def test_the_table_of_codes_is_current(self):
        script = runpy.run_path(str(DOCS / "error_codes.py"))

        assert script["TARGET"].read_text() == script["render"]()

    def test_each_exception_is_named(self):
        text = (DOCS / "errors.rst").read_text()
        kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
        names = {kind.__name__ for kind in kinds if issubclass(kind, Exception)}

        assert names <= set(re.findall(r"\w+", text))

    @pytest.mark.skipif(not HAS_MAILERS, reason="MAILERS came with Django 6.1")
    def test_only_a_quiet_mailer_keeps_a_failed_report_quiet(self, mailer, settings):
        mailer(ENDPOINT="http://127.0.0.1:1")
        namespace = {}
        read_examples(DOCS / "admin-errors.rst")[0].run(namespace)
        settings.MAILERS = namespace["MAILERS"]
        settings.ADMINS = ["admin@example.com"]
        record = logging.LogRecord("django", logging.ERROR, "", 0, "Oh", None, None)
        using = namespace["LOGGING"]["handlers"]["mail_admins"]["using"]

        AdminEmailHandler(using=using).emit(record)
        with pytest.raises(TransportError):
            AdminEmailHandler().emit(record)


class TestSandbox:
    """Faults, routes and fields of the sandbox."""

    def test_each_kind_of_fault_is_listed(self):
        rows = read_rows("sandbox.rst", "\nFaults\n")

        assert [literals(row[0])[0] for row in rows] == list(KINDS)

    def test_each_value_of_a_fault_has_an_entry(self):
        text = (DOCS / "sandbox.rst").read_text()
        section = text.partition("The values that a fault takes:")[2]
        entries = "".join(re.findall(r"^``.+``$", section, re.MULTILINE))

        assert {f.name for f in fields(Fault)} == {"kind", *literals(entries)}

    def test_each_route_of_the_api_is_listed(self):
        rows = read_rows("sandbox.rst", "\nThe JSON API\n")

        assert sorted(literals(row[0])[0] for row in rows) == sorted(api_routes())

    def test_each_field_of_a_mail_is_named(self):
        text = (DOCS / "sandbox.rst").read_text()
        sentence = text.partition("A mail has ")[2].partition(".\n")[0]

        assert literals(sentence) == [f.name for f in fields(Mail)]

    def test_each_field_of_an_sms_is_named(self):
        text = (DOCS / "sandbox.rst").read_text()
        sentence = text.partition("An SMS has ")[2].partition(".\n")[0]

        assert literals(sentence) == [f.name for f in fields(Sms)]


def api_routes():
    """Return method and path of each ``case`` in the JSON API of the sandbox."""
    source = textwrap.dedent(inspect.getsource(WebUi._respond_with_json))
    for case in ast.walk(ast.parse(source)):
        if isinstance(case, ast.match_case):
            method, path = case.pattern.patterns
            parts = [
                part.value.value if isinstance(part, ast.MatchValue) else "ID"
                for part in path.patterns
            ]
            yield f"{method.value.value} /api/{'/'.join(parts)}"


class TestPages:
    """What holds for every page."""

    @each_page
    def test_links_to_files_resolve(self, path):
        text = path.read_text()
        targets = re.findall(r"<([^<>\s:@]+\.\w+)>`_", text)
        targets += re.findall(r"^\.\. (?:literal)?include:: (\S+)$", text, re.MULTILINE)

        assert [name for name in targets if not (path.parent / name).exists()] == []

    @each_page
    def test_links_to_pages_resolve(self, path):
        targets = re.findall(r":doc:`(\S+?)`", path.read_text())

        assert [name for name in targets if not (DOCS / f"{name}.rst").exists()] == []

    @each_page
    def test_parameters_have_the_names_that_users_write(self, path):
        assert wire_words() & set(re.findall(r"[A-Za-z]+", path.read_text())) == set()


#: Whose names the docs keep to themselves, where they speak of the API alone.
MODULES = (account, batch, domains, mail, responses, sms, statistics, tags, templates)


def wire_words():
    """Return DirectMail's own spelling of names that are no ordinary words."""
    owners = [
        found
        for module in MODULES
        for found in vars(module).values()
        if isinstance(found, type) and is_dataclass(found)
    ]
    names = {wire for owner in owners for wire in wire_names(owner).values()}
    names |= {*REQUIRED, *HIDDEN}
    # Parts of an action are classes, too, of the name that they have on the wire.
    classes = {kind.__name__ for kind in (*Action.__subclasses__(), *owners)}
    return {name for name in names if not name.istitle()} - classes
