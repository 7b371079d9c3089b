"""Where AccessKeys come from, and that they stay where they are."""

import copy
import pickle
from collections import namedtuple
from types import SimpleNamespace

import pytest

from django_directmail.api import Credentials, CredentialsError, from_environment
from django_directmail.api.credentials import ENVIRONMENT, resolve
from tests.support.traces import everything_shown

SOME = Credentials("key-id", "key-secret", "key-token")
ID, SECRET, TOKEN = ENVIRONMENT.values()


class Provider:
    """Give credentials as the official credentials package does."""

    def __init__(self, given):
        self.given = given

    def get_credential(self):
        return self.given


def test_the_environment_variables_are_those_of_the_vendors_tools():
    assert [ID, SECRET, TOKEN] == [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    ]


def test_the_representation_shows_the_id_alone():
    assert repr(SOME) == "Credentials(access_key_id='key-id')"


def test_equal_keys_are_equal_and_copies_too():
    assert Credentials("key-id", "secret") == Credentials("key-id", "secret")
    assert copy.deepcopy(SOME) == copy.copy(SOME) == SOME


def test_keys_are_not_pickled():
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(SOME)


def test_credentials_cannot_be_changed():
    with pytest.raises(AttributeError):
        SOME.access_key_secret = "another"


@pytest.mark.parametrize(
    "source",
    [
        SOME,
        lambda: SOME,
        Provider(SOME),
        lambda: SimpleNamespace(**vars(SOME)),
        Provider(SimpleNamespace(**vars(SOME), type="sts")),
    ],
)
def test_every_kind_of_source_gives_the_credentials(source):
    assert resolve(source) == SOME


@pytest.mark.parametrize("token", [None, ""])
def test_a_source_without_a_token_gives_a_permanent_key(token):
    source = SimpleNamespace(
        access_key_id="key-id", access_key_secret="key-secret", security_token=token
    )

    assert resolve(lambda: source) == Credentials("key-id", "key-secret")


def test_a_source_is_asked_each_time():
    given = iter([SOME, Credentials("next-id", "next-secret")])

    found = [resolve(lambda: next(given)) for _ in range(2)]

    assert [c.access_key_id for c in found] == ["key-id", "next-id"]


def test_an_exception_of_a_source_passes_through():
    def source():
        raise LookupError("no role here")

    with pytest.raises(LookupError, match="no role here"):
        resolve(source)


@pytest.mark.parametrize("given", [None, "key", {"access_key_id": "key-id"}, 5])
def test_a_source_of_another_kind_is_named_in_the_error(given):
    with pytest.raises(CredentialsError, match=f"gave a {type(given).__name__};") as e:
        resolve(lambda: given)

    assert (e.value.accepted, e.value.retryable) == ("no", False)


def test_the_environment_is_read_when_asked(monkeypatch):
    monkeypatch.setenv(ID, "key-id")
    monkeypatch.setenv(SECRET, "key-secret")
    monkeypatch.delenv(TOKEN, raising=False)
    before = from_environment()

    monkeypatch.setenv(SECRET, "rotated")
    monkeypatch.setenv(TOKEN, "key-token")
    after = from_environment()

    assert before == Credentials("key-id", "key-secret")
    assert after == Credentials("key-id", "rotated", "key-token")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, f"{ID} and {SECRET}"),
        ({ID: "key-id"}, SECRET),
        ({SECRET: "key-secret"}, ID),
        ({ID: "", SECRET: "key-secret"}, ID),
    ],
)
def test_missing_environment_variables_are_named(environ, named):
    with pytest.raises(CredentialsError, match=f"set {named} in the environment") as e:
        from_environment(environ)

    assert e.value.code == "MissingCredentials"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (("", "key-secret"), "access_key_id is empty"),
        (("key-id", ""), "access_key_secret is empty"),
        (("key-id", None), "access_key_secret is empty"),
        ((5, "key-secret"), "access_key_id is empty"),
        (("key-id ", "key-secret"), "access_key_id holds a space"),
        (("key-id", "key-secret\n"), "access_key_secret holds a space"),
        (("key-id", "key-secret\u200b"), "access_key_secret holds a space"),
        (("key-id", "key-secret", "key token"), "security_token holds a space"),
        (("key-id", "key-secret\udcff"), "access_key_secret holds a space"),
        (("key-id", "key-secret", "令牌"), "security_token holds a character that"),
        (("ключ", "key-secret"), "access_key_id holds a character that"),
    ],
)
def test_what_cannot_be_a_key_is_refused_by_name(values, named):
    with pytest.raises(CredentialsError, match=named):
        Credentials(*values)


Row = namedtuple("Row", "access_key_id access_key_secret")


@pytest.mark.parametrize(
    "ask",
    [
        lambda secret: Credentials("key-id", secret + "\n"),
        lambda secret: Credentials("key-id", "key-secret", secret + " "),
        lambda secret: from_environment({SECRET: secret}),
        lambda secret: from_environment({ID: "key-id", SECRET: secret + "\n"}),
        lambda secret: resolve(lambda: {"access_key_secret": secret}),
        lambda secret: resolve(lambda: Row("key-id", secret + "\n")),
        lambda secret: resolve(lambda: Row("", secret)),
    ],
)
def test_no_secret_is_shown_when_credentials_are_refused(ask):
    # Made here, because the lines of this file are shown in a traceback, too.
    secret = "-".join(["open", "sesame"])

    with pytest.raises(CredentialsError) as caught:
        ask(secret)

    # The frames of the caller, above the package, are the caller's own business.
    assert secret not in everything_shown(caught.value, package_only=True)
