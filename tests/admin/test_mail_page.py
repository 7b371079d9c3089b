"""The page of one mail: what happened, to whom, and what to do."""

import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from django_directmail.admin.safe_display import visible
from django_directmail.models import MailLog
from tests.support.admin_rows import add_recipients, make_row, make_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/django_directmail/maillog/"
HOSTILE = '"><script>alert(1)</script>\u202egpj.exe\x07'
INERT = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]gpj.exe[U+0007]"


@pytest.fixture
def staff(client):
    """Return a client that may see the log, and nothing else."""
    client.force_login(make_staff("view_maillog"))
    return client


def url_of(row):
    """Return the address of the page of ``row``."""
    return reverse("admin:django_directmail_maillog_change", args=[row.pk])


def text_of(client, row):
    """Return the page of ``row``, each run of white space as one space."""
    response = client.get(url_of(row))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_anonymous_visitor_is_sent_to_the_login(client):
    response = client.get(url_of(make_row()))

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_staff_without_the_permission_see_nothing(client):
    row = make_row(subject="Secret plan")
    client.force_login(make_staff("resend_maillog", "view_mail_content"))

    response = client.get(url_of(row))

    assert response.status_code == 403
    assert "Secret plan" not in response.content.decode()


def test_page_is_to_be_read_only(client, admin_user):
    row = make_row()
    client.force_login(admin_user)
    before = MailLog.objects.values().get()

    page = text_of(client, row)
    answer = client.post(url_of(row), {"subject": "Other", "_save": "Save"})

    assert answer.status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert 'name="_save"' not in page
    assert MailLog.objects.values().get() == before
    assert mail.outbox == []


def test_summary_tells_all_that_is_known(staff):
    row = make_row(
        sender="shop@example.com",
        subject="Your order",
        tag="orders",
        template_id="42",
        alias="bulk",
        region="ap-southeast-1",
        env_id="600000000001",
        request_id="4A5B6C7D",
        size=2048,
        duration_ms=345,
    )

    page = text_of(staff, row)

    for text in (
        "✓</span> accepted</span>",
        "DirectMail has this mail.",
        "<dt>Sender</dt><dd><bdi>shop@example.com</bdi></dd>",
        "<dt>Subject</dt><dd><bdi>Your order</bdi></dd>",
        "<dt>Tag</dt><dd><bdi>orders</bdi></dd>",
        "<dt>Template</dt><dd><bdi>42</bdi></dd>",
        "<dt>Mailer</dt><dd><bdi>bulk</bdi></dd>",
        "<dt>Region</dt><dd><bdi>ap-southeast-1</bdi></dd>",
        "<dt>Env id</dt><dd><bdi>600000000001</bdi></dd>",
        "<dt>Request id</dt><dd><bdi>4A5B6C7D</bdi></dd>",
        "<dt>Size</dt><dd>2.0\xa0KB</dd>",
        "<dt>Duration</dt><dd>345 ms</dd>",
    ):
        assert " ".join(text.split()) in page


def test_way_of_a_mail_and_its_files_are_told(staff):
    row = make_row(
        route="smtp",
        redirected_to="staging@example.net",
        attachments=[{"name": "<b>.pdf", "size": 2048}, {"name": "a.txt", "size": 0}],
    )

    page = text_of(staff, row)

    for text in (
        "The other mailer has this mail.",
        "Its delivery is not tracked here.",
        "The other mailer accepted it.",
        "<dt>Sent through</dt><dd><bdi>smtp</bdi></dd>",
        "<dt>Redirected to</dt><dd><bdi>staging@example.net</bdi></dd>",
        "<dt>Attachments</dt><dd><bdi>&lt;b&gt;.pdf</bdi> (2.0\xa0KB), "
        "<bdi>a.txt</bdi> (0\xa0bytes)</dd>",
    ):
        assert " ".join(text.split()) in page


def test_what_is_not_known_takes_no_room(staff):
    row = make_row(tag="", template_id="", env_id="", duration_ms=None)

    page = text_of(staff, row)

    for name in ("Tag", "Template", "Env id", "Size", "Duration"):
        assert f"<dt>{name}</dt>" not in page


def test_sections_have_headings(staff):
    row = make_row()

    page = text_of(staff, row)

    time = f"{timezone.localtime(row.created_at):%Y-%m-%d %H:%M:%S}"
    title = f"Mail of {time}"
    assert f"<h1>{title}</h1>" in page
    assert f"<title>{title} | " in page
    assert f"{time} accepted" in page[: page.index("<h1>")]
    for name in ("Summary", "Recipients", "Time line", "Parameters sent", "Content"):
        assert f">{name}</h2>" in page


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        (
            {
                "status": "rejected",
                "accepted": "no",
                "error_code": "InvalidMailAddress.NotFound",
                "error_message": "Sending was refused: InvalidMailAddress.NotFound"
                " (request 1). The sender address does not exist in this region."
                " Create it in the console, or correct the sender or the region.",
                "http_status": 404,
            },
            [
                "It was refused. Without a change it would be refused again.",
                "InvalidMailAddress.NotFound (request 1).</bdi>",
                "What to do:</strong> The sender address does not exist in this"
                " region. Create it",
                "DirectMail does not have this mail.",
            ],
        ),
        (
            {
                "status": "failed",
                "accepted": "no",
                "error_code": "Throttling.User",
                "error_message": "Too many.",
                "http_status": 400,
            },
            ["DirectMail did not take it.", "<bdi>Too many.</bdi>", "Send more slowly"],
        ),
        (
            {
                "status": "failed",
                "accepted": "no",
                "error_code": "TransportError",
                "error_message": "The connection was refused.",
            },
            ["never arrived", "The connection was refused.", "It may be sent again"],
        ),
        (
            {
                "status": "unconfirmed",
                "accepted": "unknown",
                "error_code": "TransportError",
                "error_message": "No answer within 10 s.",
            },
            [
                "DirectMail may have accepted the mail",
                "Look in the DirectMail console whether",
            ],
        ),
        (
            {"status": "sending", "accepted": "unknown"},
            ["It is being sent.", "Look in the DirectMail console whether"],
        ),
        (
            {
                "status": "rejected",
                "accepted": "no",
                "error_code": "UnsupportedMessage",
                "error_message": "It has an attachment.",
            },
            ["It has an attachment.", "Correct what the error names"],
        ),
        (
            {
                "status": "unconfirmed",
                "accepted": "unknown",
                "error_code": "SomethingNew",
                "http_status": 502,
            },
            ["SomethingNew", "DirectMail had an internal failure and may have kept"],
        ),
        (
            {
                "status": "failed",
                "accepted": "no",
                "error_code": "InternalError",
                "error_message": "Attachment 1 was not uploaded.",
                "http_status": 500,
            },
            ["Attachment 1 was not uploaded.", "It may be sent again: nobody will get"],
        ),
        ({"status": "cancelled", "accepted": "no"}, ["cancelled before it was sent"]),
    ],
)
def test_error_is_told_with_what_to_do(staff, fields, texts):
    page = text_of(staff, make_row(**fields))

    for text in texts:
        assert text in page
    for text in texts:
        assert page.count(text) == 1, "said twice"


@pytest.mark.parametrize("status", ["accepted", "queued", "cancelled", "suppressed"])
def test_nothing_to_do_is_not_said(staff, status):
    assert "What to do:" not in text_of(staff, make_row(status=status))


def test_recipients_tell_what_became_of_the_mail(staff):
    opened = timezone.now()
    row = make_row(("bob@example.com",), bcc=("dora+x@example.com",))
    add_recipients(
        row, ["carl@example.com"], "cc", status="bounced", first_opened_at=opened
    )

    page = text_of(staff, row)

    assert f'<a href="{LIST}?q=dora%2Bx%40example.com"><bdi>dora+x@' in page
    assert ">Bcc</td>" in page
    assert "✕</span> bounced</span>" in page
    assert f"<span>{timezone.localtime(opened):%H:%M:%S}</span></time></td>" in page


def test_mail_that_never_arrived_is_not_pending(staff):
    page = text_of(staff, make_row(status="failed", accepted="no"))

    assert "not sent" in page
    assert "pending" not in page


def test_time_line_is_in_order_and_leads_to_the_others(staff):
    start = timezone.now() - timedelta(hours=2)
    origin = make_row(status="failed", created_at=start - timedelta(days=1))
    row = make_row(
        created_at=start,
        sent_at=start + timedelta(seconds=1),
        finished_at=start + timedelta(seconds=2),
        status="failed",
        accepted="no",
        attempts=3,
        duration_ms=987,
        resent_from=origin,
        resent_by="ann",
    )
    resend = make_row(
        resent_from=row, resent_by="tom", created_at=start + timedelta(hours=1)
    )
    sibling = make_row(
        message_uid=row.message_uid, created_at=start + timedelta(minutes=1)
    )

    page = text_of(staff, row)

    places = [
        page.index(text)
        for text in (
            "Created by ann, to send another mail again.",
            url_of(origin),
            "Request sent (attempt 3).",
            "It did not arrive.",
            "(987 ms)",
            "Another call of the same message.",
            url_of(sibling),
            "Sent again by tom.",
            url_of(resend),
        )
    ]
    assert places == sorted(places)
    assert f"{LIST}?q={row.message_uid}" in page


def test_plain_mail_has_a_plain_time_line(staff):
    page = text_of(staff, make_row())

    assert "<bdi>Created.</bdi>" in page
    assert "<bdi>DirectMail accepted it.</bdi>" in page


def test_parameters_and_metadata_can_be_read(staff):
    row = make_row(
        parameters={"click_trace": "1", "headers": {"X-User-A": "é"}},
        metadata={"order": 7, "cart": ["a", {"b": None}]},
    )

    page = staff.get(url_of(row)).content.decode()

    assert '<bdi class="directmail-value">1</bdi>' in page
    assert "{\n  &quot;X-User-A&quot;: &quot;é&quot;\n}" in page
    assert "&quot;order&quot;: 7" in page
    assert "Metadata" in page


def test_send_again_is_for_those_who_may(client, staff):
    row = make_row(status="failed", accepted="no")
    resend_url = reverse("admin:django_directmail_maillog_resend", args=[row.pk])
    page = text_of(staff, row)
    client.force_login(make_staff("view_maillog", "resend_maillog", name="tom"))

    other_page = text_of(client, row)

    assert resend_url not in page
    assert f'<form method="post" action="{resend_url}">' in other_page
    assert other_page.count("csrfmiddlewaretoken") == 2


def test_what_others_wrote_is_inert_everywhere(staff):
    row = make_row(
        (HOSTILE,),
        subject=HOSTILE,
        sender=HOSTILE,
        tag=HOSTILE,
        template_id=HOSTILE,
        alias=HOSTILE,
        error_code=HOSTILE,
        error_message=HOSTILE,
        resent_by=HOSTILE,
        resent_from=make_row(),
        parameters={HOSTILE: HOSTILE},
        metadata={HOSTILE: [HOSTILE]},
    )

    page = staff.get(url_of(row)).content.decode()

    assert page.count(INERT) >= 11
    for bad in ("<script>alert", "\u202e", "\x07"):
        assert bad not in page
    assert "alert" not in page[: page.index("<dl")]


@pytest.mark.parametrize(
    "path", [uuid.UUID(int=1), "<script>alert(1)</script>\u202e", "1"]
)
def test_mail_that_is_gone_leads_to_the_list(staff, path):
    response = staff.get(f"{LIST}{path}/change/", follow=True)

    page = response.content.decode()
    assert response.redirect_chain[-1][0] == LIST
    assert "This mail is not in the log, or not any more." in page
    assert "alert" not in page


def test_number_of_queries_does_not_depend_on_what_is_linked(
    staff, django_assert_num_queries
):
    row = make_row(status="failed")
    for number in range(40):
        make_row(resent_from=row, message_uid=row.message_uid)
        add_recipients(row, [f"bob-{number}@example.com"])

    # Session, user and two of permissions; the mail, recipients, resends, siblings.
    with django_assert_num_queries(8):
        page = text_of(staff, row)

    assert page.count("Sent again.") == 20


@pytest.mark.parametrize(
    ("status", "http_status", "said"),
    [
        ("failed", 400, "It was not accepted."),
        ("failed", None, "It did not arrive."),
        ("later", None, "Finished."),
    ],
)
def test_the_time_line_says_how_it_ended(staff, status, http_status, said):
    row = make_row(status=status, accepted="no", http_status=http_status)

    assert f"<bdi>{said}</bdi>" in text_of(staff, row)


def test_visible_names_what_cannot_be_seen():
    hidden = "\u061c\u200e\u200f\u202a\u202e\u2066\u2069\x00\x1b\x7f\x9f\u2028\udfff"
    hidden += "\xad\u200b\u2060\ufeff"

    shown = visible(f"a{hidden}b")

    assert shown == "a" + "".join(f"[U+{ord(c):04X}]" for c in hidden) + "b"


def test_visible_leaves_writing_as_it_is():
    text = "Zoë 你好 שלום می‌خواهم 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿"

    assert visible(text) == text
    assert visible("a\r\n\tb", lines=True) == "a\r\n\tb"
    assert visible("a\n") == "a[U+000A]"
