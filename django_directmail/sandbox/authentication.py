"""
The gateway in front of the service: who is calling, and is it really this request?

Codes are those of the gateway's pages (48054, 434846) and of DirectMail's own.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from django_directmail.api import signing
from django_directmail.api.errors import InvalidSignature
from django_directmail.sandbox.accounts import KEYS, STS_EXPIRED_TOKEN, Key
from django_directmail.sandbox.responses import Refusal

__all__ = ["BUCKET", "Call", "HttpCall", "Nonces", "authenticate", "read_format"]

#: Where files are uploaded to: a host below that of the sandbox, or a path on it.
BUCKET = "directmail-sandbox"
#: How far the time of a request may be off, in seconds.
TOLERANCE = 15 * 60
#: Common parameters that every signed call must have, by kind of signature.
REQUIRED = (
    "Action",
    "Version",
    "AccessKeyId",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
)


@dataclass(frozen=True)
class HttpCall:
    """One HTTP request as it came in. ``headers`` are keyed in lower case."""

    method: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    path: str = "/"

    @property
    def parameters(self) -> dict[str, str]:
        """Query and form together, as the service reads them."""
        return {**self.query, **self.form}

    @property
    def host(self) -> str:
        """The host and port by which the caller knows us."""
        return self.headers.get("host", "")

    @property
    def is_upload(self) -> bool:
        """Whether it is for the file store and not for the gateway."""
        return self.path == f"/{BUCKET}/" or self.host.startswith(f"{BUCKET}.")

    @property
    def is_call(self) -> bool:
        """Whether it is for the API or the file store, and not for a browser."""
        if self.is_upload:
            return True
        if self.method in ("GET", "HEAD"):
            asks = "x-acs-action" in self.headers or "Action" in self.query
            return self.path == "/" and asks
        return self.path == "/"

    @property
    def action(self) -> str:
        """The action that is asked for, ``"PostObject"`` for the post of a file."""
        if self.is_upload:
            return "PostObject"
        return self.headers.get("x-acs-action") or self.parameters.get("Action", "")


@dataclass(frozen=True)
class Call:
    """
    A call whose signature was found right; ``version`` tells the product.

    ``host`` is the one that the caller called.
    """

    version: str
    action: str
    signature: str
    access_key_id: str
    format: str
    parameters: Mapping[str, str]
    host: str = ""


class Nonces:
    """Remembers the nonces of the time in which a request would still be taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], float] = {}

    def use(self, access_key_id: str, nonce: str, now: float) -> bool:
        """Return ``False`` if this nonce was used before."""
        with self._lock:
            for key, seen in list(self._seen.items()):
                if seen > now - 2 * TOLERANCE:
                    break
                del self._seen[key]
            if (access_key_id, nonce) in self._seen:
                return False
            self._seen[access_key_id, nonce] = now
            return True


def read_format(http: HttpCall) -> str:
    """Return ``"JSON"`` or ``"XML"``; without ``Format`` the old signature gets XML."""
    default = "JSON" if _is_acs3(http) else "XML"
    return http.parameters.get("Format", default).upper()


def authenticate(http: HttpCall, nonces: Nonces) -> Call:
    """Return the call if it is genuine, new and of this time; else :exc:`Refusal`."""
    if http.method not in ("GET", "POST"):
        raise Refusal(400, "UnsupportedHTTPMethod", "Use GET or POST.")
    if read_format(http) not in ("JSON", "XML"):
        raise Refusal(400, "InvalidParameter.Format", "Format must be JSON or XML.")
    if _is_acs3(http):
        call, nonce, timestamp = _verify_acs3(http)
    else:
        call, nonce, timestamp = _verify_rpc(http)
    now = datetime.now(timezone.utc).timestamp()
    _check_time(timestamp, now)
    if not nonces.use(call.access_key_id, nonce, now):
        raise Refusal(
            400, "SignatureNonceUsed", "Specified signature nonce was used already."
        )
    return call


def _is_acs3(http: HttpCall) -> bool:
    # The SDK sends some x-acs-* headers with the old signature, too.
    if "authorization" in http.headers:
        return True
    return "x-acs-action" in http.headers and "AccessKeyId" not in http.parameters


def _verify_rpc(http: HttpCall) -> tuple[Call, str, str]:
    parameters = http.parameters
    for name in REQUIRED:
        if not parameters.get(name):
            raise Refusal(400, f"Missing{name}", f"{name} is mandatory.")
    if not parameters.get("Signature"):
        raise Refusal(
            400, "IncompleteSignature", "The request has no parameter Signature."
        )
    method = parameters["SignatureMethod"].upper()
    if method != signing.HMAC_SHA1 or parameters["SignatureVersion"] != "1.0":
        raise Refusal(
            400,
            "InvalidSignatureMethod",
            "SignatureMethod must be HMAC-SHA1, SignatureVersion 1.0.",
        )
    access_key_id = parameters["AccessKeyId"]
    key = _find_key(access_key_id, parameters.get("SecurityToken", ""))
    try:
        signing.verify_rpc(http.method, parameters, key.secret)
    except InvalidSignature:
        # The service repeats what it signed, body and all; so do we, because our
        # users' error handling has to cope with that.
        signed = {k: v for k, v in parameters.items() if k != "Signature"}
        query = signing.build_canonical_query(signed)
        text = signing.build_string_to_sign(http.method, query)
        raise _mismatch(f"server string to sign is:{text}") from None
    call = Call(
        version=parameters["Version"],
        action=parameters["Action"],
        signature=signing.HMAC_SHA1,
        access_key_id=access_key_id,
        format=read_format(http),
        parameters=parameters,
        host=http.host,
    )
    return call, parameters["SignatureNonce"], parameters["Timestamp"]


def _verify_acs3(http: HttpCall) -> tuple[Call, str, str]:
    headers = http.headers
    for name in ("action", "version", "date", "signature-nonce", "content-sha256"):
        if not headers.get(f"x-acs-{name}"):
            raise Refusal(
                400, "MissingParameter", f"The header x-acs-{name} is mandatory."
            )
    try:
        authorization = signing.parse_authorization(headers.get("authorization", ""))
    except InvalidSignature as error:
        raise Refusal(400, "IncompleteSignature", str(error)) from None
    key = _find_key(
        authorization.access_key_id, headers.get("x-acs-security-token", "")
    )
    try:
        signing.verify_acs3(http.method, http.query, headers, http.body, key.secret)
    except InvalidSignature as error:
        present = [name for name in authorization.signed_headers if name in headers]
        text = signing.build_canonical_request(
            http.method,
            http.query,
            headers,
            present,
            signing.hash_payload(http.body),
        )
        raise _mismatch(f"{error} server CanonicalRequest is:{text}") from None
    call = Call(
        version=headers["x-acs-version"],
        action=headers["x-acs-action"],
        signature=signing.ACS3_HMAC_SHA256,
        access_key_id=authorization.access_key_id,
        format=read_format(http),
        parameters=http.parameters,
        host=http.host,
    )
    return call, headers["x-acs-signature-nonce"], headers["x-acs-date"]


def _mismatch(detail: str) -> Refusal:
    return Refusal(
        400,
        "SignatureDoesNotMatch",
        f"Specified signature is not matched with our calculation. {detail}",
    )


def _find_key(access_key_id: str, token: str) -> Key:
    key = KEYS.get(access_key_id)
    if key is None:
        raise Refusal(
            404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."
        )
    if not key.active:
        raise Refusal(
            400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."
        )
    if key.token and not token:
        raise Refusal(
            400, "MissingSecurityToken", "SecurityToken is mandatory for this key."
        )
    if key.token and token == STS_EXPIRED_TOKEN:
        raise Refusal(
            400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."
        )
    if token != key.token:
        raise Refusal(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken does not belong to this access key.",
        )
    return key


def _check_time(timestamp: str, now: float) -> None:
    try:
        moment = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise Refusal(
            400,
            "InvalidTimeStamp.Format",
            "Specified time stamp is not of the form YYYY-MM-DDThh:mm:ssZ.",
        ) from None
    if abs(moment.replace(tzinfo=timezone.utc).timestamp() - now) > TOLERANCE:
        raise Refusal(
            400, "InvalidTimeStamp.Expired", "Specified time stamp is expired."
        )
