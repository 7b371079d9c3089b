"""One HTTP request, and the API call in it after its signature was checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BUCKET", "ApiCall", "HttpRequest"]

#: The bucket that files are uploaded to. A client writes it as the first label of the
#: host name ("directmail-sandbox.127.0.0.1") or as the first part of the path.
BUCKET = "directmail-sandbox"


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request. The keys of ``headers`` are in lower case."""

    method: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    path: str = "/"

    @property
    def parameters(self) -> dict[str, str]:
        """Return query and form together, as the service reads them."""
        return {**self.query, **self.form}

    @property
    def host(self) -> str:
        """Return host and port from the header ``Host``, or ``""``."""
        return self.headers.get("host", "")

    @property
    def is_upload(self) -> bool:
        """Say whether this is a request to the file store."""
        return self.path == f"/{BUCKET}/" or self.host.startswith(f"{BUCKET}.")

    @property
    def is_for_api(self) -> bool:
        """Say whether this is for the API or the file store, and not for the web UI."""
        if self.is_upload:
            return True
        if self.method in ("GET", "HEAD"):
            names_action = "x-acs-action" in self.headers or "Action" in self.query
            return self.path == "/" and names_action
        return self.path == "/"

    @property
    def action(self) -> str:
        """Return the name of the API action; ``"PostObject"`` for a file upload."""
        if self.is_upload:
            return "PostObject"
        return self.headers.get("x-acs-action") or self.parameters.get("Action", "")

    @property
    def is_acs3(self) -> bool:
        """Say whether this is signed with ACS3-HMAC-SHA256, and not with HMAC-SHA1."""
        # The SDK sends some x-acs-* headers with the older signature, too.
        if "authorization" in self.headers:
            return True
        return "x-acs-action" in self.headers and "AccessKeyId" not in self.parameters

    @property
    def format(self) -> str:
        """
        Return ``Format`` in upper case: ``"JSON"``, ``"XML"``, or a wrong value.

        Without this parameter it is XML for the older signature, else JSON.
        """
        default = "JSON" if self.is_acs3 else "XML"
        return self.parameters.get("Format", default).upper()


@dataclass(frozen=True)
class ApiCall:
    """
    One API call with a correct signature.

    ``version`` identifies the product: DirectMail, SMS or the file store. ``host`` is
    the host and port to which the client sent the request.
    """

    version: str
    action: str
    signature: str
    access_key_id: str
    format: str
    parameters: Mapping[str, str]
    host: str = ""
