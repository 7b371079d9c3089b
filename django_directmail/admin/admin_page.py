"""The addresses of the pages of this admin, and how to render them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from django_directmail.models import MailLog

__all__ = ["page_url", "render_page"]


def page_url(model_admin: admin.ModelAdmin[MailLog], page: str, *args: object) -> str:
    """Return the address of a page, such as ``"changelist"``, in this admin site."""
    name = f"{model_admin.admin_site.name}:django_directmail_maillog_{page}"
    return reverse(name, args=args)


def render_page(
    model_admin: admin.ModelAdmin[MailLog],
    request: HttpRequest,
    template: str,
    **context: Any,
) -> TemplateResponse:
    """Return the page of ``template``, with the context that every admin page needs."""
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(
        request,
        f"admin/django_directmail/maillog/{template}",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "media": model_admin.media,
            **context,
        },
    )
