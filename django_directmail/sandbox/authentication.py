"""
Check AccessKey, signature, time and nonce of a request, as Alibaba Cloud does.

The error codes are from the pages of Alibaba Cloud's API gateway (48054, 434846) and
from DirectMail's own page.
"""

from __future__ import annotations

import threading
from datetime import datetime, timezone

from django_directmail.api import signing
from django_directmail.api.errors import InvalidSignature
from django_directmail.sandbox.accounts import KEYS, STS_EXPIRED_TOKEN, Key
from django_directmail.sandbox.http_request import ApiCall, HttpRequest
from django_directmail.sandbox.responses import Refusal

__all__ = ["Nonces", "authenticate"]

#: How many seconds the time of a request may differ from the time of the sandbox.
TOLERANCE = 15 * 60
#: The common parameters without which HMAC-SHA1 cannot be checked.
REQUIRED = (
    "Action",
    "Version",
    "AccessKeyId",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
)


class Nonces:
    """The used nonces. Each is kept as long as its request could be accepted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], float] = {}

    def use(self, access_key_id: str, nonce: str, now: float) -> bool:
        """Record the nonce of a key; return ``False`` if it was used before."""
        with self._lock:
            for key, seen in list(self._seen.items()):
                if seen > now - 2 * TOLERANCE:
                    break
                del self._seen[key]
            if (access_key_id, nonce) in self._seen:
                return False
            self._seen[access_key_id, nonce] = now
            return True


def authenticate(request: HttpRequest, nonces: Nonces) -> ApiCall:
    """
    Return the call in ``request``.

    Raise :exc:`Refusal` if its key, signature or time is wrong, or its nonce is used.
    """
    if request.method not in ("GET", "POST"):
        raise Refusal(400, "UnsupportedHTTPMethod", "Use GET or POST.")
    if request.format not in ("JSON", "XML"):
        raise Refusal(400, "InvalidParameter.Format", "Format must be JSON or XML.")
    if request.is_acs3:
        call, nonce, timestamp = _verify_acs3(request)
    else:
        call, nonce, timestamp = _verify_rpc(request)
    now = datetime.now(timezone.utc).timestamp()
    _check_time(timestamp, now)
    if not nonces.use(call.access_key_id, nonce, now):
        raise Refusal(
            400, "SignatureNonceUsed", "Specified signature nonce was used already."
        )
    return call


def _verify_rpc(request: HttpRequest) -> tuple[ApiCall, str, str]:
    parameters = request.parameters
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
        signing.verify_rpc(request.method, parameters, key.secret)
    except InvalidSignature:
        # The service returns its whole string to sign, with the body of the mail. The
        # sandbox does the same: error handling must not write that to a log file.
        signed = {k: v for k, v in parameters.items() if k != "Signature"}
        query = signing.build_canonical_query(signed)
        text = signing.build_string_to_sign(request.method, query)
        raise _signature_mismatch(f"server string to sign is:{text}") from None
    call = ApiCall(
        version=parameters["Version"],
        action=parameters["Action"],
        signature=signing.HMAC_SHA1,
        access_key_id=access_key_id,
        format=request.format,
        parameters=parameters,
        host=request.host,
    )
    return call, parameters["SignatureNonce"], parameters["Timestamp"]


def _verify_acs3(request: HttpRequest) -> tuple[ApiCall, str, str]:
    headers = request.headers
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
        signing.verify_acs3(
            request.method, request.query, headers, request.body, key.secret
        )
    except InvalidSignature as error:
        present = [name for name in authorization.signed_headers if name in headers]
        text = signing.build_canonical_request(
            request.method,
            request.query,
            headers,
            present,
            signing.hash_payload(request.body),
        )
        raise _signature_mismatch(
            f"{error} server CanonicalRequest is:{text}"
        ) from None
    call = ApiCall(
        version=headers["x-acs-version"],
        action=headers["x-acs-action"],
        signature=signing.ACS3_HMAC_SHA256,
        access_key_id=authorization.access_key_id,
        format=request.format,
        parameters=request.parameters,
        host=request.host,
    )
    return call, headers["x-acs-signature-nonce"], headers["x-acs-date"]


def _signature_mismatch(detail: str) -> Refusal:
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
