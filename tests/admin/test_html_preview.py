"""The content of a mail: for whom it is, and in what a page it is."""

import uuid

import django
import pytest
from django.urls import reverse

from tests.support.admin_rows import make_row, make_staff

pytestmark = pytest.mark.django_db

SECRET = "https://example.com/reset/abc"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:;"
    " frame-ancestors 'self'; sandbox; form-action 'none'; base-uri 'none'"
)


def url_of(row, page="content"):
    """Return the address of a page of ``row``."""
    return reverse(f"admin:django_directmail_maillog_{page}", args=[row.pk])


@pytest.fixture
def row():
    """Return a mail whose content is kept."""
    return make_row(
        text_body=f"Reset: {SECRET}",
        html_body=f'<p>Reset: <a href="{SECRET}">here</a></p>',
        parameters={"template": {"template_id": "42", "data": {"url": SECRET}}},
    )


@pytest.fixture
def reader(client):
    """Return a client that may see mails and their content."""
    client.force_login(make_staff("view_maillog", "view_mail_content"))
    return client


def test_html_comes_as_it_was_sent_and_cannot_do_anything(reader, row):
    response = reader.get(url_of(row))

    assert response.status_code == 200
    assert response.content.decode() == row.html_body
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Part of Django since 6.0")
def test_policy_of_the_site_does_not_replace_that_of_a_mail(reader, row, settings):
    settings.MIDDLEWARE = [
        "django.middleware.csp.ContentSecurityPolicyMiddleware",
        *settings.MIDDLEWARE,
    ]
    settings.SECURE_CSP = {"default-src": ["'self'"], "img-src": ["*"]}

    assert reader.get(url_of(row))["Content-Security-Policy"] == POLICY


def test_what_connects_to_others_unasked_is_taken_out(reader):
    row = make_row(
        html_body='<link rel="preconnect" href="//a.example"><IFRAME src="//b.example">'
        "<object data=c><embed src=d><p>Linked</p>"
    )

    html = reader.get(url_of(row)).content.decode().lower()

    for tag in ("<link", "<iframe", "<object", "<embed"):
        assert tag not in html
    assert "<p>linked</p>" in html


def test_reader_finds_text_and_frame_on_the_page(reader, row):
    page = reader.get(url_of(row, "change")).content.decode()

    assert f"Reset: {SECRET}" in page
    assert f'sandbox="" src="{url_of(row)}"' in page
    assert f'<a href="{url_of(row)}" target="_blank"' in page
    assert "<p>Reset" not in page


def test_without_the_permission_nothing_of_the_content_is_given(client, row):
    client.force_login(make_staff("view_maillog"))

    page = client.get(url_of(row, "change"))
    frame = client.get(url_of(row))

    text = page.content.decode()
    assert "you do not have the permission to read it" in text
    assert "template_id" in text
    assert url_of(row) not in text
    assert frame.status_code == 403
    for response in (page, frame):
        assert SECRET not in response.content.decode()


def test_permission_for_content_alone_is_not_enough(client, row):
    client.force_login(make_staff("view_mail_content"))

    assert client.get(url_of(row)).status_code == 403
    assert client.get(url_of(row, "change")).status_code == 403


def test_anonymous_visitor_is_sent_to_the_login(client, row):
    response = client.get(url_of(row))

    assert response.status_code == 302
    assert SECRET not in response.content.decode()


def test_mail_without_html_or_gone_is_not_found(reader):
    row = make_row(text_body="Only text")

    assert reader.get(url_of(row)).status_code == 404
    row.pk = uuid.uuid4()
    assert reader.get(url_of(row)).status_code == 404


def test_mail_whose_content_is_not_kept_says_which_setting_keeps_it(reader):
    row = make_row()

    page = reader.get(url_of(row, "change")).content.decode()

    assert "The content of mails is not kept" in page
    assert 'DIRECTMAIL["LOG"]["BODIES"]' in page
    assert "<iframe" not in page


def test_empty_mail_is_said_to_be_one(reader):
    row = make_row(has_body=True)

    page = reader.get(url_of(row, "change")).content.decode()

    assert "This mail has neither text nor HTML." in page


def test_text_is_text_whatever_it_says(reader):
    row = make_row(
        text_body="</pre><script>alert(1)</script>\r\n\tIndented\u202e\x1b[2J"
    )

    page = reader.get(url_of(row, "change")).content.decode()

    assert (
        "<bdi>&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;\r\n\tIndented"
        "[U+202E][U+001B][2J</bdi>" in page
    )
