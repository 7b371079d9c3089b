"""The official SDK, unmodified, as another client of the sandbox."""

from alibabacloud_dm20151123.client import Client as SdkClient
from alibabacloud_tea_openapi.models import Config

from django_directmail.sandbox import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
)

#: The SDK's names of the two signatures: the new one is its default.
ALGORITHMS = {"HMAC-SHA1": "v2", "ACS3-HMAC-SHA256": None}
PERMANENT = (ACCESS_KEY_ID, ACCESS_KEY_SECRET, None)
TEMPORARY = (STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN)


def sdk_client(sandbox, *, signature="HMAC-SHA1", key=PERMANENT):
    """Return the SDK's client for ``sandbox``; ``key`` is ID, secret and token."""
    access_key_id, access_key_secret, security_token = key
    return SdkClient(
        Config(
            access_key_id=access_key_id,
            access_key_secret=access_key_secret,
            security_token=security_token,
            endpoint=sandbox.url.removeprefix("http://"),
            protocol="http",
            signature_algorithm=ALGORITHMS[signature],
        )
    )
