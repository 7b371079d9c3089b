"""
The two signatures of Alibaba Cloud's RPC gateway, to make and to verify. Pure.

``HMAC-SHA1`` signs the parameters and travels among them; DirectMail's own page
describes it (help.aliyun.com/document_detail/29442.html). ``ACS3-HMAC-SHA256`` signs
the HTTP request and travels in its headers
(help.aliyun.com/document_detail/2593177.html). Function names follow those pages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django_directmail.api.encoding import percent_encode
from django_directmail.api.errors import InvalidSignature

__all__ = [
    "ACS3_HMAC_SHA256",
    "HMAC_SHA1",
    "SIGNATURES",
    "Authorization",
    "RequestData",
    "SignedRequest",
    "build_canonical_query",
    "build_canonical_request",
    "build_string_to_sign",
    "hash_payload",
    "parse_authorization",
    "percent_encode",
    "sign_acs3",
    "sign_rpc",
    "verify_acs3",
    "verify_rpc",
]

HMAC_SHA1 = "HMAC-SHA1"
ACS3_HMAC_SHA256 = "ACS3-HMAC-SHA256"
FORM = "application/x-www-form-urlencoded"


def build_canonical_query(parameters: Mapping[str, str]) -> str:
    """Encode the ``parameters``, sort them by name in byte order and join them."""
    return "&".join(
        [
            f"{percent_encode(name)}={percent_encode(value)}"
            for name, value in sorted(parameters.items())
        ]
    )


def build_string_to_sign(method: str, canonical_query: str) -> str:
    """
    Join the HTTP ``method`` and the canonical query in the order the server expects.

    The server rebuilds this text from what it receives; a single different byte comes
    back as ``SignatureDoesNotMatch``. ``canonical_query`` must be the output of
    :func:`build_canonical_query`: it is encoded once more here.

    Raise :exc:`ValueError` if ``method`` is neither ``"GET"`` nor ``"POST"``.
    """
    if method not in ("GET", "POST"):
        raise ValueError(f"method is {method!r}; the gateway takes GET and POST.")
    # All that is in it and not plain. percent_encode() takes ten times as long for MBs.
    twice = canonical_query.replace("%", "%25").replace("&", "%26").replace("=", "%3D")
    return f"{method}&%2F&{twice}"


def sign_rpc(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """
    Return the Base64 ``HMAC-SHA1`` signature over all ``parameters`` of a request.

    A parameter named ``Signature`` is left out, as it is the result.
    """
    signed = {name: value for name, value in parameters.items() if name != "Signature"}
    return _sign_query(method, build_canonical_query(signed), secret)


def _sign_query(method: str, canonical_query: str, secret: str) -> str:
    text = build_string_to_sign(method, canonical_query)
    # The "&" is where an OAuth 1.0 signature would append its token secret.
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def verify_rpc(method: str, parameters: Mapping[str, str], secret: str) -> None:
    """Raise :exc:`InvalidSignature` unless ``Signature`` is right for the others."""
    _compare(sign_rpc(method, parameters, secret), parameters.get("Signature", ""))


def hash_payload(body: bytes) -> str:
    """Return the lower-case hex SHA-256 of the exact bytes of a request's body."""
    return hashlib.sha256(body).hexdigest()


def build_canonical_request(
    method: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    signed_headers: Iterable[str],
    hashed_payload: str,
) -> str:
    """
    Join the parts of a request to the text whose hash is signed.

    ``headers`` are keyed in lower case. The path is always ``/`` for RPC products.
    """
    names = sorted(signed_headers)
    canonical_headers = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    return "\n".join(
        (
            method,
            "/",
            build_canonical_query(query),
            canonical_headers,
            ";".join(names),
            hashed_payload,
        )
    )


def sign_acs3(canonical_request: str, secret: str) -> str:
    """Return the hex ``HMAC-SHA256`` signature of a ``canonical_request``."""
    text = f"{ACS3_HMAC_SHA256}\n{hash_payload(canonical_request.encode())}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Authorization:
    """The parts of an ``Authorization`` header of this signature."""

    access_key_id: str
    signed_headers: tuple[str, ...]
    signature: str

    def __str__(self) -> str:
        return (
            f"{ACS3_HMAC_SHA256} Credential={self.access_key_id},"
            f"SignedHeaders={';'.join(self.signed_headers)},"
            f"Signature={self.signature}"
        )


def parse_authorization(header: str) -> Authorization:
    """Split an ``Authorization`` header; raise :exc:`InvalidSignature` if it is odd."""
    scheme, _, rest = header.strip().partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    needed = {"Credential", "SignedHeaders", "Signature"}
    if scheme != ACS3_HMAC_SHA256 or not needed <= set(parts):
        raise InvalidSignature(
            f"The Authorization header is not of the form '{ACS3_HMAC_SHA256}"
            " Credential=...,SignedHeaders=...,Signature=...'."
        )
    return Authorization(
        access_key_id=parts["Credential"],
        signed_headers=tuple(parts["SignedHeaders"].lower().split(";")),
        signature=parts["Signature"],
    )


def verify_acs3(
    method: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
) -> None:
    """
    Raise :exc:`InvalidSignature` unless the ``authorization`` header is right.

    ``headers`` are keyed in lower case. The body must match ``x-acs-content-sha256``,
    and ``host`` as well as every ``x-acs-*`` header present must be signed: one that
    is not could be changed on the way.
    """
    authorization = parse_authorization(headers.get("authorization", ""))
    names = authorization.signed_headers
    must = {"host"} | {name for name in headers if name.startswith("x-acs-")}
    if not set(names) <= set(headers) or not must <= set(names):
        raise InvalidSignature(
            "SignedHeaders must name host and every x-acs-* header of the request,"
            " and no header that is absent."
        )
    hashed_payload = hash_payload(body)
    _compare(hashed_payload, headers.get("x-acs-content-sha256", ""))
    text = build_canonical_request(method, query, headers, names, hashed_payload)
    _compare(sign_acs3(text, secret), authorization.signature)


def _compare(expected: str, received: str) -> None:
    # Bytes, because compare_digest refuses non-ASCII text with a TypeError.
    if not hmac.compare_digest(expected.encode(), received.encode(errors="replace")):
        raise InvalidSignature("The signature does not match the request.")


@dataclass(frozen=True)
class RequestData:
    """
    What is to be signed: one call of ``action`` at ``endpoint``.

    ``timestamp`` is UTC in the form ``2026-01-02T03:04:05Z``. ``nonce`` and
    ``timestamp`` are chosen by the caller, before anything is sent: the same data
    gives the same bytes, which is what makes a replay possible.
    """

    endpoint: str
    action: str
    version: str
    parameters: Mapping[str, str] = field(repr=False)
    nonce: str
    timestamp: str


@dataclass(frozen=True)
class SignedRequest:
    """
    A POST request, ready to go out, and to go out again byte for byte.

    ``proof`` is what proves the sender in it: AccessKey ID, signature and token.
    """

    data: RequestData
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    proof: tuple[str, ...] = field(repr=False)


def _sign_rpc_request(
    data: RequestData, access_key_id: str, secret: str, token: str | None
) -> SignedRequest:
    parameters = {
        **data.parameters,
        "AccessKeyId": access_key_id,
        "Action": data.action,
        "Format": "JSON",
        "SignatureMethod": HMAC_SHA1,
        "SignatureNonce": data.nonce,
        "SignatureVersion": "1.0",
        "Timestamp": data.timestamp,
        "Version": data.version,
    }
    if token:
        parameters["SecurityToken"] = token
    query = build_canonical_query(parameters)
    signature = _sign_query("POST", query, secret)
    # All of it in the body: a query string ends up in access logs and exceptions.
    return SignedRequest(
        data=data,
        url=f"{data.endpoint}/",
        headers={"content-type": FORM, "accept": "application/json"},
        body=f"{query}&Signature={percent_encode(signature)}".encode(),
        proof=(access_key_id, signature, token or ""),
    )


def _sign_acs3_request(
    data: RequestData, access_key_id: str, secret: str, token: str | None
) -> SignedRequest:
    # The form of a browser, as the SDK sends it.
    body = build_canonical_query(data.parameters).replace("%20", "+").encode()
    hashed_payload = hash_payload(body)
    headers = {
        "content-type": FORM,
        "host": urlsplit(data.endpoint).netloc,
        "x-acs-action": data.action,
        "x-acs-content-sha256": hashed_payload,
        "x-acs-date": data.timestamp,
        "x-acs-signature-nonce": data.nonce,
        "x-acs-version": data.version,
    }
    if token:
        headers["x-acs-security-token"] = token
    names = tuple(sorted(headers))
    text = build_canonical_request("POST", {}, headers, names, hashed_payload)
    authorization = Authorization(access_key_id, names, sign_acs3(text, secret))
    headers |= {"accept": "application/json", "authorization": str(authorization)}
    return SignedRequest(
        data=data,
        url=f"{data.endpoint}/",
        headers=headers,
        body=body,
        proof=(access_key_id, authorization.signature, token or ""),
    )


#: Signature name to the function that turns :class:`RequestData`, AccessKey ID,
#: secret and security token into a :class:`SignedRequest`.
SIGNATURES: dict[str, Callable[[RequestData, str, str, str | None], SignedRequest]] = {
    HMAC_SHA1: _sign_rpc_request,
    ACS3_HMAC_SHA256: _sign_acs3_request,
}
