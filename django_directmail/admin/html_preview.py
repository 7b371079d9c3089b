"""The HTML of a mail, in a page that can do nothing."""

from __future__ import annotations

from django.http import HttpResponse

from django_directmail.api.safe_html import without_connections

__all__ = ["content_response"]

#: No script, no form, no remote content, no hold on what is around it. ``data:``
#: images and inline styles are how mail looks like mail.
POLICY = (
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "img-src data:",
    "font-src data:",
    "frame-ancestors 'self'",
    "sandbox",
    "form-action 'none'",
    "base-uri 'none'",
)
HEADERS = {
    "Content-Security-Policy": "; ".join(POLICY),
    # Middleware of Django and of others keeps these where they are set.
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The policy has no word on looking up the names of other servers.
    "X-DNS-Prefetch-Control": "off",
    # It may hold a link that resets a password.
    "Cache-Control": "no-store",
}


def content_response(html: str) -> HttpResponse:
    """
    Return ``html`` for a frame or a tab, unable to run a script, load or send.

    Its links work in a tab of its own. In a frame the page around it stops them.
    """
    return HttpResponse(without_connections(html), headers=HEADERS)
