"""What ``django_directmail.api`` offers, and what its import brings along."""

import subprocess
import sys

import pytest

import django_directmail.api


def test_the_public_names_are_those_of_all():
    found = {
        name: getattr(django_directmail.api, name)
        for name in dir(django_directmail.api)
    }
    public = {
        name
        for name, value in found.items()
        if getattr(value, "__module__", "").startswith("django_directmail.")
        and not name.startswith("_")
    }

    assert public == set(django_directmail.api.__all__)


def test_a_name_that_is_not_there_cannot_be_imported():
    with pytest.raises(ImportError, match="cannot import name 'SendMail'"):
        from django_directmail.api import SendMail  # noqa: F401


def test_importing_loads_requests_and_nothing_else():
    script = """if True:
        import sys
        before = set(sys.modules)
        import django_directmail.api
        for name in set(sys.modules) - before:
            # Compiled modules have inner ones, which are in no file.
            if hasattr(sys.modules[name], "__file__"):
                print(name)
    """

    run = subprocess.run([sys.executable, "-c", script], check=True, stdout=-1)

    modules = run.stdout.decode().split()
    packages = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    # What is left out is a part of charset_normalizer, in its compiled form.
    assert {name for name in packages if not name.endswith("__mypyc")} == {
        "certifi",
        "charset_normalizer",
        "django_directmail",
        "idna",
        "requests",
        "urllib3",
    }
    ours = {name for name in modules if name.startswith("django_directmail.")}
    assert {name.split(".")[1] for name in ours} == {"api"}
    # Those that send; the others come when they are asked for.
    actions = {name for name in ours if ".api.actions." in name}
    assert {name.rpartition(".")[2] for name in actions} == {
        "action",
        "batch",
        "files",
        "mail",
    }
