"""The HTML of a mail, as a page without scripts, forms and remote content."""

from __future__ import annotations

from django.http import HttpResponse

from django_directmail.api.safe_html import without_connections

__all__ = ["content_response"]

#: No script, no form, no remote content, and no access to the page around it. Inline
#: styles and ``data:`` images are allowed, because mails need them.
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
    # Middleware does not replace these headers if they are set.
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The policy does not prevent that the names of other servers are looked up.
    "X-DNS-Prefetch-Control": "off",
    # The content may be secret, such as a link to reset a password.
    "Cache-Control": "no-store",
}


def content_response(html: str) -> HttpResponse:
    """
    Return ``html`` as a page that cannot run scripts, load or send anything.

    In a tab of its own, its links work. In a frame, the page around it blocks them.
    """
    return HttpResponse(without_connections(html), headers=HEADERS)
