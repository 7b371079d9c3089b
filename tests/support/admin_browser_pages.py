"""Pages of the admin in a real browser: sizes, policy, addresses and contrast."""

from datetime import timedelta

from django import conf
from django.urls import reverse
from django.utils import timezone

from tests.support.admin_rows import add_recipients, make_row

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "frame-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
}
#: Who is wider than the window, or than the box that should scroll.
TOO_WIDE = """() => [...document.querySelectorAll("main *")]
  .filter((node) => !node.closest(".results, .directmail-scroll, .directmail-text"))
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
  .map((node) => node.outerHTML.slice(0, 80))"""


def strict_policy(get_response):
    """Send the policy with every page that has none; as Django does since 6.0."""
    policy = "; ".join(
        f"{n} {' '.join(v)}" for n, v in conf.settings.SECURE_CSP.items()
    )

    def middleware(request):
        response = get_response(request)
        if policy:
            response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


def refusal(page, reason):
    """Wait, at the end of a block, until the browser says that it refused something."""
    return page.expect_console_message(lambda message: reason in message.text)


def contrast_in(part):
    """Return the script that lists texts hard to read in ``part``, which is ours."""
    # Not above: a plugin must not be imported before pytest does.
    from tests.support.sandbox_browser import POOR_CONTRAST

    return POOR_CONTRAST.replace(
        "document.body.query", f"document.querySelector('{part}').query"
    )


def list_url():
    """Return the address of the list."""
    return reverse("admin:django_directmail_maillog_changelist")


def url_of(row, page="change"):
    """Return the address of a page of ``row``."""
    return reverse(f"admin:django_directmail_maillog_{page}", args=[row.pk])


def make_full_row(**fields):
    """Store a mail with something in every part of its page."""
    start = timezone.now() - timedelta(hours=1)
    row = make_row(
        ("a" * 60 + "@" + "sub." * 30 + "example.com", "bob@example.com"),
        **{
            "subject": "W" * 300,
            "tag": "t" * 120,
            "status": "unconfirmed",
            "accepted": "unknown",
            "error_code": "TransportError",
            "error_message": "No answer within 10 s. " + "x" * 300,
            "created_at": start,
            "text_body": "z" * 2000 + "\nLine\n" * 50,
            "html_body": "<p>Dear customer</p>",
            "parameters": {"headers": {"X-User-A": "y" * 300}, "click_trace": "1"},
            "metadata": {"order": [1, {"deep": True}]},
            **fields,
        },
    )
    add_recipients(row, ["carl@example.com"], "bcc", status="bounced")
    make_row(resent_from=row, resent_by="ann")
    return row
