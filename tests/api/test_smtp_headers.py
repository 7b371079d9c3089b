"""What a call says in parameters, a mail says in headers over SMTP."""

import base64
import json

import pytest

from django_directmail.api.endpoints import ENDPOINTS
from django_directmail.api.smtp_headers import SMTP_HOSTS, smtp_headers
from tests.support.api_samples import mail


def decoded(header):
    return json.loads(base64.b64decode(header, validate=True))


def test_nothing_to_say_is_no_header():
    assert smtp_headers(mail()) == {}


def test_headers_of_the_call_stay():
    assert smtp_headers(mail(headers={"X-User-A": "a"})) == {"X-User-A": "a"}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (
            {"tag_name": "Test", "click_trace": "1"},
            {"TagName": "Test", "OpenTrace": "1", "LinkTrace": "1"},
        ),
        ({"tag_name": "Test"}, {"TagName": "Test", "OpenTrace": "0", "LinkTrace": "0"}),
    ],
)
def test_tag_and_tracking(parameters, said):
    """As the page on tracking has it: the switches are text."""
    headers = smtp_headers(mail(**parameters))

    assert list(headers) == ["X-AliDM-Trace"]
    assert decoded(headers["X-AliDM-Trace"]) == said


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (
            {
                "un_subscribe_link_type": "default",
                "un_subscribe_filter_level": "mailfrom_domain",
                "ip_pool_id": "pool",
            },
            {
                "Version": "1.0",
                "Unsubscribe": {
                    "LinkType": "default",
                    "FilterLevel": "mailfrom_domain",
                },
                "OutboundIp": {"IpPoolId": "pool"},
            },
        ),
        (
            {"un_subscribe_link_type": "disabled"},
            {"Version": "1.0", "Unsubscribe": {"LinkType": "disabled"}},
        ),
        (
            {"ip_pool_id": "pool"},
            {"Version": "1.0", "OutboundIp": {"IpPoolId": "pool"}},
        ),
    ],
)
def test_unsubscribing_and_pool(parameters, said):
    headers = smtp_headers(mail(**parameters))

    assert list(headers) == ["X-AliDM-Settings"]
    assert decoded(headers["X-AliDM-Settings"]) == said


def test_each_region_has_a_host():
    assert set(SMTP_HOSTS) == set(ENDPOINTS)
