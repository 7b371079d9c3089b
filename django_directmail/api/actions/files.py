"""
Leave to upload a file: AuthorizeFileUpload, of the product OpenPlatform.

DirectMail's help describes attachments as a matter of its SDK only (sdk-attachment);
this call and its answer are what ``single_send_mail_advance`` of the SDK makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django_directmail.api.actions.action import Action
from django_directmail.api.fields import wire
from django_directmail.api.responses import Result

__all__ = ["AuthorizeFileUpload", "UploadAuthorization"]


@dataclass(frozen=True, kw_only=True, repr=False)
class UploadAuthorization(Result):
    """
    Leave to put one file under ``object_key`` into a bucket of OSS, the file store.

    ``encoded_policy`` says what is allowed and until when; ``signature`` proves it and
    ``access_key_id`` names who signed: the platform, not the caller. ``endpoint`` is
    a host. ``use_accelerate``: the bucket can be reached through OSS's accelerated
    host, too.
    """

    access_key_id: str = wire("AccessKeyId", default="")
    bucket: str = wire("Bucket", default="")
    encoded_policy: str = wire("EncodedPolicy", default="")
    endpoint: str = wire("Endpoint", default="")
    object_key: str = wire("ObjectKey", default="")
    signature: str = wire("Signature", default="")
    use_accelerate: bool = wire("UseAccelerate", default=False)

    @classmethod
    def from_fields(cls, answer: Mapping[str, Any]) -> UploadAuthorization:
        """Pick the fields; the truth of JSON and the text of XML are read alike."""
        accelerate = str(answer.get("UseAccelerate")).lower() == "true"
        return replace(super().from_fields(answer), use_accelerate=accelerate)

    def __repr__(self) -> str:
        # Whoever has the rest can write into the bucket.
        return f"<UploadAuthorization {self.request_id}>"


@dataclass(frozen=True, kw_only=True)
class AuthorizeFileUpload(Action[UploadAuthorization]):
    """Ask for leave to upload one file; ``region_id`` is that of the mail."""

    version: ClassVar[str] = "2019-12-19"
    host: ClassVar[str | None] = "openplatform.aliyuncs.com"

    region_id: str = wire("RegionId")
    product: str = wire("Product", default="Dm")

    def read(self, answer: Mapping[str, Any]) -> UploadAuthorization:
        """Return where the file may go, and what proves that it may."""
        return UploadAuthorization.from_fields(answer)
