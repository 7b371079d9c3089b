"""Versions are said once and repeated rightly."""

import configparser
import pathlib
import re
from importlib.metadata import requires

import pytest

import django_directmail

ROOT = pathlib.Path(__file__).parent.parent


def read_config(name):
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / name)
    return config


def environments():
    """Return the pairs of Python and Django in tox.ini, as version texts."""
    names = []
    for line in read_config("tox.ini")["tox"]["env_list"].split():
        match = re.fullmatch(r"py\{?([\d,]+)\}?-django\{?([\d,]+)\}?", line)
        if match:
            pythons, djangos = (group.split(",") for group in match.groups())
            names += [
                (f"3.{p[1:]}", f"{d[0]}.{d[1:]}") for p in pythons for d in djangos
            ]
    return names


def classifiers(prefix):
    lines = read_config("setup.cfg")["metadata"]["classifiers"].splitlines()
    found = (line.removeprefix(prefix) for line in lines if line.startswith(prefix))
    return {version for version in found if re.fullmatch(r"\d+\.\d+", version)}


def test_classifiers_are_those_of_tox():
    assert classifiers("Programming Language :: Python :: ") == {
        python for python, _ in environments()
    }
    assert classifiers("Framework :: Django :: ") == {d for _, d in environments()}


def test_each_django_of_tox_has_its_requirement():
    deps = read_config("tox.ini")["testenv"]["deps"]

    for _, version in environments():
        assert re.search(rf"^django{version.replace('.', '')}: Django>=", deps, re.M)


def test_oldest_python_is_the_required_one():
    oldest = min((p for p, _ in environments()), key=lambda p: int(p.split(".")[1]))
    required = read_config("setup.cfg")["options"]["python_requires"]

    assert required == f">={oldest}"


def test_two_dependencies_and_no_more():
    required = read_config("setup.cfg")["options"]["install_requires"].split()

    assert required == ["Django>=5.2", "requests"]


@pytest.mark.parametrize("name", ["idna", "urllib3"])
def test_what_is_imported_without_being_required_comes_with_requests(name):
    required = [re.match(r"[\w.-]+", line)[0] for line in requires("requests")]

    assert name in required


def test_changelog_knows_this_version_or_is_ahead_of_it():
    changelog = (ROOT / "CHANGELOG.rst").read_text()

    assert "Unreleased" in changelog or django_directmail.__version__ in changelog
    released = re.findall(r"^(\d+\.\d+\.\d+)", changelog, re.M)
    assert not released or released[0] == django_directmail.__version__


def test_pyproject_holds_build_system_and_ruff_only():
    sections = re.findall(r"^\[([^\]]+)\]", (ROOT / "pyproject.toml").read_text(), re.M)

    assert all(
        name.split(".")[:2] in (["build-system"], ["tool", "ruff"]) for name in sections
    )
