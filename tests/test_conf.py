"""Settings: what they become, and what a wrong one says."""

import django
import pytest
from django.core.exceptions import ImproperlyConfigured

from django_directmail.api.credentials import Credentials, from_environment
from django_directmail.api.endpoints import ENDPOINTS
from django_directmail.backends import EmailBackend
from django_directmail.conf import get_account
from django_directmail.options import POLICIES


def give_credentials():
    """Be a source of credentials with a dotted path."""
    return Credentials("id", "secret")


def account(settings, options=None, **directmail):
    settings.DIRECTMAIL = directmail
    return get_account(options or {})


def test_defaults_without_any_setting(settings):
    del settings.DIRECTMAIL
    found = get_account({})

    assert found.credentials is from_environment
    assert found.region == "cn-hangzhou"
    assert found.client().endpoint == "https://dm.aliyuncs.com"
    assert found.signature == "HMAC-SHA1"
    assert found.timeout == (5.0, 10.0)
    assert found.split_recipients is False
    assert found.policy == {
        "cc": "to",
        "inline_images": "error",
        "headers": "error",
        "alternatives": "error",
        "attachments": "upload",
        "reply_to": "first",
        "tags": "first",
        "tracking": "error",
    }
    assert found.max_concurrency == 8
    assert (found.redirect_all_to, found.allowed_domains) == (None, None)


@pytest.fixture(autouse=True)
def _setting(settings):
    settings.DIRECTMAIL = {}


@pytest.mark.parametrize("region", ENDPOINTS)
def test_region_picks_the_endpoint(settings, region):
    found = account(settings, REGION=region)

    assert region == "cn-hangzhou" or region in found.client().endpoint


def test_endpoint_wins_over_the_region(settings):
    found = account(settings, REGION="us-east-1", ENDPOINT="http://127.0.0.1:8025/")

    assert found.client().endpoint == "http://127.0.0.1:8025"


def test_options_win_over_the_setting(settings):
    found = account(settings, {"region": "us-east-1"}, REGION="eu-central-1")

    assert found.region == "us-east-1"


def test_credentials_are_taken_whole_from_the_options(settings):
    found = account(
        settings,
        {"access_key_id": "a", "access_key_secret": "b"},
        ACCESS_KEY_ID="c",
        ACCESS_KEY_SECRET="d",
        SECURITY_TOKEN="e",
    )

    assert found.credentials == Credentials("a", "b", None)


def test_log_keeps_its_defaults_where_nothing_is_said(settings):
    found = account(settings, LOG={"BODIES": True}).log

    assert (found.enabled, found.bodies) == (True, True)
    assert (found.retention_days, found.database) == (90, None)


def test_log_of_a_mailer_keeps_what_is_set_for_all(settings):
    own = {"log": {"bodies": True}}

    found = account(settings, own, LOG={"ENABLED": False, "DATABASE": "log"}).log

    assert (found.enabled, found.bodies, found.database) == (False, True, "log")


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ([], "must be a dict"),
        ({"BODYS": True}, 'Did you mean "BODIES"'),
        ({"BODIES": "yes"}, "True or False"),
        ({"BODIES": 1}, "True or False"),
        ({"RETENTION_DAYS": 0}, "number of days"),
        ({"RETENTION_DAYS": True}, "number of days"),
        ({"DATABASE": 5}, "must be text"),
    ],
)
def test_wrong_log_says_what_is_wrong(settings, log, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        account(settings, LOG=log)


@pytest.mark.parametrize("log", [{"DATABASE": "log"}, {"RETENTION_DAYS": 7}])
def test_there_is_one_database_for_all_mailers(settings, log):
    with pytest.raises(ImproperlyConfigured, match="belongs into DIRECTMAIL"):
        account(settings, {"log": log})


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_credentials_fall_back_to_the_environment(settings, empty):
    found = account(settings, ACCESS_KEY_ID=empty, ACCESS_KEY_SECRET=empty)

    assert found.credentials is from_environment


def test_credentials_by_dotted_path(settings):
    found = account(settings, CREDENTIALS=f"{__name__}.give_credentials")

    assert found.credentials is give_credentials


class Broken:
    """A class whose construction fails, with something in its words."""

    def __init__(self):
        raise LookupError("geheim")


class Chain:
    """A class as the alibabacloud-credentials package has one."""

    def get_credential(self):
        return Credentials("id", "secret")


def test_class_by_dotted_path_is_made_once_for_the_process(settings):
    first = account(settings, CREDENTIALS=f"{__name__}.Chain")
    second = account(settings, CREDENTIALS=f"{__name__}.Chain")

    assert isinstance(first.credentials, Chain)
    assert first.credentials is second.credentials


def test_empty_text_means_not_given(settings):
    found = account(settings, ENDPOINT="", REGION="", ACCOUNT_NAME="", SIGNATURE="")

    assert found == account(settings)


@pytest.mark.parametrize("value", [2, 2.5])
def test_one_timeout_serves_for_both(settings, value):
    assert account(settings, TIMEOUT=value).timeout == (value, value)


def test_policy_of_one_feature_leaves_the_others(settings):
    found = account(settings, POLICY={"cc": "error"})

    assert found.policy == {k: v[0] for k, v in POLICIES.items()} | {"cc": "error"}


@pytest.mark.parametrize(
    ("directmail", "text"),
    [
        (
            {"REGOIN": "x"},
            'DIRECTMAIL["REGOIN"] is not a known option. Did you mean "REGION"?',
        ),
        ({"region": "x"}, 'DIRECTMAIL["region"] is not a known option. Did you mean'),
        (
            {"REGION": "cn-hangzou"},
            "DIRECTMAIL[\"REGION\"]: 'cn-hangzou' is not a region of DirectMail."
            ' Did you mean "cn-hangzhou"? The regions are cn-hangzhou, ap-southeast-1,'
            " us-east-1, eu-central-1.",
        ),
        ({"ENDPOINT": "dm.aliyuncs.com"}, "is not the URL of an endpoint"),
        ({"ENDPOINT": "https://user:pw@dm.aliyuncs.com"}, "A URL with a password is"),
        ({"ENDPOINT": "https://dm.aliyuncs.com/path"}, "is not the URL"),
        ({"ACCOUNT_NAME": "Shop <shop@example.com>"}, "must be a bare address"),
        ({"ACCOUNT_NAME": "shop"}, "has no domain"),
        ({"SIGNATURE": "MD5"}, "HMAC-SHA1 or ACS3-HMAC-SHA256"),
        ({"ACCESS_KEY_ID": "x"}, "ACCESS_KEY_SECRET is missing"),
        ({"ACCESS_KEY_SECRET": "x"}, "ACCESS_KEY_ID is missing"),
        ({"ACCESS_KEY_ID": "x ", "ACCESS_KEY_SECRET": "y"}, "holds a space"),
        ({"ACCESS_KEY_ID": 5}, "it is of type int; it must be text"),
        (
            {
                "CREDENTIALS": give_credentials,
                "ACCESS_KEY_ID": "x",
                "ACCESS_KEY_SECRET": "y",
            },
            "Keep one of the two ways",
        ),
        ({"CREDENTIALS": "no.such.path"}, 'DIRECTMAIL["CREDENTIALS"]'),
        ({"CREDENTIALS": 5}, "must be a callable"),
        ({"CREDENTIALS": f"{__name__}.Broken"}, "it raised LookupError"),
        ({"SIGNATURE": ["x"]}, "HMAC-SHA1 or ACS3-HMAC-SHA256"),
        ({5: "x"}, 'DIRECTMAIL["5"] is not a known option'),
        ({"TIMEOUT": 0}, "must be (connect, read) in seconds"),
        ({"TIMEOUT": float("inf")}, "must be (connect, read) in seconds"),
        ({"TIMEOUT": (1, 2, 3)}, "must be (connect, read) in seconds"),
        ({"SPLIT_RECIPIENTS": "yes"}, "must be True or False"),
        ({"POLICY": {"cd": "to"}}, 'Did you mean "cc"?'),
        ({"POLICY": {"cc": "drop"}}, "must be one of to, warn, error"),
        ({"POLICY": "error"}, "must be a dict"),
        ({"DEFAULTS": {"tag": "x"}}, 'Did you mean "tag_name"?'),
        ({"DEFAULTS": {"subject": "x"}}, "set message.subject"),
        ({"DEFAULTS": {"account_name": "x"}}, "ACCOUNT_NAME"),
        ({"RATE_LIMIT": 0}, "a number above 0"),
        ({"MAX_ATTEMPTS": 0}, "a whole number, 1 at least"),
        ({"MAX_ATTEMPTS": 2.5}, "a whole number, 1 at least"),
        ({"LOG": True}, "must be a dict"),
        ({"MAX_CONCURRENCY": 0}, "a whole number above 0"),
        ({"MAX_CONCURRENCY": 2.5}, "a whole number above 0"),
        ({"REDIRECT_ALL_TO": "nobody"}, "has no domain"),
        ({"REDIRECT_ALL_TO": ["a@example.com", "b"]}, "has no domain"),
        ({"REDIRECT_ALL_TO": 5}, "must be an address"),
        ({"ALLOWED_DOMAINS": "example.com"}, "must be a list of domains"),
        ({"ALLOWED_DOMAINS": ["a@example.com"]}, "ALLOWED_DOMAINS"),
        ({"POLICY": {"cc": "smtp"}}, "which needs SMTP_FALLBACK"),
        ({"SMTP_FALLBACK": {"OPTIONS": {}}}, '"BACKEND" and "OPTIONS"'),
        ({"SMTP_FALLBACK": {"BACKEND": "x", "HOST": "y"}}, '"BACKEND" and "OPTIONS"'),
        ({"SMTP_FALLBACK": {"BACKEND": "x", "OPTIONS": 1}}, '"OPTIONS" must be'),
    ],
)
def test_wrong_value_says_what_where_and_how(settings, directmail, text):
    settings.DIRECTMAIL = directmail

    with pytest.raises(ImproperlyConfigured) as caught:
        get_account({})

    assert text in str(caught.value)


def test_setting_of_another_type_is_refused(settings):
    settings.DIRECTMAIL = ["REGION"]

    with pytest.raises(ImproperlyConfigured, match="make it a dict"):
        get_account({})


def test_wrong_option_is_spelt_as_in_options(settings):
    with pytest.raises(ImproperlyConfigured, match=r'OPTIONS\["region"\]: '):
        get_account({"region": "x"})


def test_error_under_an_alias_names_it():
    with pytest.raises(ImproperlyConfigured, match=r"^MAILERS\['bulk'\]: ") as caught:
        EmailBackend(alias="bulk", region="x")

    if django.VERSION >= (6, 1):
        assert type(caught.value).__name__ == "InvalidMailer"


def test_wrong_setting_is_not_silenced(settings):
    settings.DIRECTMAIL = {"REGION": "x"}

    with pytest.raises(ImproperlyConfigured):
        EmailBackend(fail_silently=True)


def test_no_secret_in_the_repr_of_an_account(settings):
    found = account(settings, ACCESS_KEY_ID="id", ACCESS_KEY_SECRET="geheim")

    assert "geheim" not in repr(found)
    assert "geheim" not in repr(found.credentials)
