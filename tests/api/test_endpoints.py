"""Regions and endpoints: which are taken, and what is said of the others."""

import pytest
from alibabacloud_dm20151123.client import Client as SdkClient
from alibabacloud_tea_openapi.models import Config

from django_directmail.api import Client
from django_directmail.api.endpoints import ENDPOINTS, clean_endpoint, is_loopback
from tests.support.api_samples import KEY


class TestRegions:
    def test_the_endpoints_are_those_of_the_sdk(self):
        sdk = SdkClient(Config(access_key_id="i", access_key_secret="s", endpoint="h"))
        theirs = {k: f"https://{host}" for k, host in sdk._endpoint_map.items()}

        # Sydney is closed.
        del theirs["ap-southeast-2"]
        assert theirs == ENDPOINTS

    @pytest.mark.parametrize(("region", "endpoint"), ENDPOINTS.items())
    def test_the_region_picks_the_endpoint(self, region, endpoint):
        assert Client(KEY, region=region).endpoint == endpoint

    def test_hangzhou_is_the_default(self):
        assert Client(KEY).endpoint == "https://dm.aliyuncs.com"

    @pytest.mark.parametrize(
        ("region", "suggestion"),
        [
            ("ap-southeast1", ' Did you mean "ap-southeast-1"?'),
            ("us-east", ' Did you mean "us-east-1"?'),
            ("mars", ""),
            (None, ""),
            ([], ""),
        ],
    )
    def test_an_unknown_region_is_answered_with_the_known_ones(
        self, region, suggestion
    ):
        with pytest.raises(ValueError, match="is not a region of DirectMail") as caught:
            Client(KEY, region=region)

        assert str(caught.value) == (
            f"{region!r} is not a region of DirectMail.{suggestion} The regions are"
            " cn-hangzhou, ap-southeast-1, us-east-1, eu-central-1."
        )


class TestEndpoints:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
            ("http://127.0.0.1:8025/", "http://127.0.0.1:8025"),
            ("http://[::1]:8025", "http://[::1]:8025"),
            ("HTTPS://dm.aliyuncs.com", "https://dm.aliyuncs.com"),
            ("https://dm.aliyuncs.com?", "https://dm.aliyuncs.com"),
            ("https://dm.aliyuncs.com#", "https://dm.aliyuncs.com"),
            ("https://dm.aliyuncs.com/?", "https://dm.aliyuncs.com"),
        ],
    )
    def test_what_is_kept_is_scheme_and_host(self, given, kept):
        assert Client(KEY, endpoint=given).endpoint == kept

    @pytest.mark.parametrize(
        "endpoint",
        [
            "dm.aliyuncs.com",
            "ftp://dm.aliyuncs.com",
            "https://",
            "https://:443",
            "https://dm.aliyuncs.com/path",
            "https://dm.aliyuncs.com/?a=b",
            "https://dm.aliyuncs.com#a",
            "https://dm.aliyuncs.com:0",
            "https://dm.aliyuncs.com:",
            "https://dm.aliyuncs.com:99999",
            "https://dm.aliyuncs.com:https",
            "https://[::1",
            "https://dm.aliyuncs.com\\elsewhere",
            "https://dm aliyuncs.com",
            "https://dm.aliyuncs.com\n",
            "https://dm.阿里.com",
            b"https://dm.aliyuncs.com",
            5,
        ],
    )
    def test_what_is_no_endpoint_is_refused_with_an_example(self, endpoint):
        with pytest.raises(ValueError, match="is not the URL of an endpoint") as caught:
            Client(KEY, endpoint=endpoint)

        assert str(caught.value).startswith(repr(endpoint))
        assert "https://dm.aliyuncs.com or http://127.0.0.1:8025" in str(caught.value)

    @pytest.mark.parametrize("user", ["user", "user:sesame", ":sesame", ""])
    def test_an_endpoint_with_a_password_is_refused_without_showing_it(self, user):
        with pytest.raises(ValueError, match="is not the URL of an endpoint") as caught:
            Client(KEY, endpoint=f"https://{user}@dm.aliyuncs.com")

        assert "sesame" not in str(caught.value)

    def test_nothing_is_no_endpoint_either(self):
        with pytest.raises(ValueError, match="None is not the URL"):
            clean_endpoint(None)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8025", True),
        ("http://127.8.9.10", True),
        ("http://LocalHost:8025/", True),
        ("http://[::1]:8025", True),
        ("https://dm.aliyuncs.com", False),
        ("http://127.example.com", False),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("", False),
    ],
)
def test_only_the_loopback_interface_is_this_machine(url, expected):
    assert is_loopback(url) is expected
