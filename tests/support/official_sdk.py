"""The official SDK, unmodified, as another client of the sandbox."""

from alibabacloud_dm20151123.client import Client as SdkClient
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from django_directmail.api.signing import ACS3_HMAC_SHA256
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
#: What the SDK can send on every operation, for Alibaba's own use.
INTERNAL = {"owner_id", "resource_owner_account", "resource_owner_id"}
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


def parameters_of(request):
    """Return the names of the parameters that a request of the SDK can have."""
    return set(vars(request)) - INTERNAL


def wire_names_of(model):
    """Return the names on the wire of the fields of one of the SDK's models."""
    # What it has as data is a model of its own.
    for name in set(vars(model)) - {"data"}:
        setattr(model, name, name)
    return set(model.to_map())


def as_texts(fields, names):
    """Return such fields of an answer as text: some are numbers, some are not."""
    return {name: str(fields[name]) for name in names}


def row_texts(row):
    """Return what one of our rows read, as text."""
    return {name: str(value) for name, value in row.wire_items()}


def sign_with_sdk(method, query, headers, payload, access_key_id, secret):
    """Return the Authorization header that the SDK makes."""
    request = DaraRequest()
    request.method, request.pathname = method, "/"
    request.query, request.headers = query, headers
    return Utils.get_authorization(
        request, ACS3_HMAC_SHA256, payload, access_key_id, secret
    )
