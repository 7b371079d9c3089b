"""The page that sends a test mail."""

import django
import pytest
from django.test import Client

from django_directmail.models import MailLog
from django_directmail.sandbox import Sandbox
from tests.support.admin_pages import LIST, log_in, text, told
from tests.support.admin_rows import make_staff
from tests.support.mailers import BACKEND

pytestmark = pytest.mark.django_db
URL = f"{LIST}send-test/"
FILLED = {"recipient": "joe@example.com", "mailer": "default"}


def choose_mailers(settings, **mailers):
    """Make these the mailers of the site, by name to backend or options."""
    settings.MAILERS = {
        name: {"BACKEND": BACKEND, "OPTIONS": given}
        if isinstance(given, dict)
        else {"BACKEND": given}
        for name, given in mailers.items()
    }


@pytest.fixture
def staff(client):
    """Log somebody in who may send test mails; return the client."""
    log_in(client, "send_test_mail")
    return client


def test_strangers_are_asked_to_log_in(client, outbox):
    assert "/admin/login/" in client.post(URL, FILLED).url
    assert outbox.mails == []


@pytest.mark.parametrize(("more", "back"), [([], "/admin/"), (["view_maillog"], LIST)])
def test_the_way_back_is_one_that_may_be_gone(client, outbox, more, back):
    client.force_login(make_staff("send_test_mail", *more))

    assert f'<a href="{back}" class="closelink">' in text(client.get(URL))


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_has_a_permission_of_its_own(client, outbox, method):
    log_in(client, "resend_maillog", "cancel_maillog", "export_maillog")

    assert getattr(client, method)(URL, FILLED).status_code == 403
    assert outbox.mails == []


def test_the_permission_alone_makes_nobody_staff(client, outbox):
    user = make_staff("send_test_mail")
    user.is_staff = False
    user.save()
    client.force_login(user)

    assert "/admin/login/" in client.post(URL, FILLED).url
    assert outbox.mails == []


def test_a_post_from_elsewhere_is_refused(outbox):
    client = Client(enforce_csrf_checks=True)
    log_in(client, "send_test_mail")

    assert client.post(URL, FILLED).status_code == 403
    assert outbox.mails == []


def test_looking_at_the_form_sends_nothing(client, outbox):
    user = log_in(client, "send_test_mail")
    user.email = "ann@example.com"
    user.save()

    page = client.get(URL, FILLED)

    assert page.status_code == 200
    assert 'value="ann@example.com"' in text(page)
    assert outbox.mails == []
    assert MailLog.objects.count() == 0


def test_the_list_leads_to_it(staff, outbox):
    assert f'href="{URL}"' in text(staff.get(LIST))


def test_mail_is_sent_and_its_page_shown(staff, outbox):
    answer = staff.post(URL, {**FILLED, "tag": "welcome", "html": "on"})

    (received,) = outbox.mails
    assert received.to == ["joe@example.com"]
    assert received.subject.startswith("Test mail from ")
    assert received.text.startswith("If you can read this, DirectMail delivers")
    assert received.html.startswith("<!DOCTYPE html>")
    assert received.tag == "welcome"
    assert answer.url == f"{LIST}{MailLog.objects.get().pk}/change/"
    assert told(answer) == [
        (
            "success",
            f"DirectMail accepted the test mail for joe@example.com ({outbox.url}).",
        )
    ]


@pytest.mark.parametrize("field", ["subject", "body", "text", "from_email", "sender"])
def test_nobody_chooses_the_words(staff, outbox, field):
    staff.post(URL, {**FILLED, field: "Buy now <spam@example.com>"})

    assert "Buy now" not in str(dict(outbox.mails[0].parameters))


def test_without_the_log_one_stays_on_the_form(staff, mailer):
    outbox = mailer(LOG={"ENABLED": False})

    answer = staff.post(URL, FILLED)

    assert len(outbox.mails) == 1
    assert answer.url == URL


def test_who_may_not_see_the_log_stays_on_the_form(client, outbox):
    client.force_login(make_staff("send_test_mail"))

    answer = client.post(URL, FILLED)

    assert len(outbox.mails) == 1
    assert answer.url == URL
    assert client.get(URL).status_code == 200


@pytest.mark.parametrize(
    "recipient",
    ["", "joe", "joe@example.com,jane@example.com", "Joe <joe@example.com>"]
    + ["joe@example.com\nBcc: jane@example.com", "a" * 320 + "@example.com"],
)
def test_it_takes_one_plain_address(staff, outbox, recipient):
    page = staff.post(URL, {**FILLED, "recipient": recipient})

    assert "Please correct the errors below." in text(page)
    assert "aria-invalid" in text(page)
    assert outbox.calls == 0


def test_failure_is_told_with_its_remedy_and_nothing_is_lost(staff, mailer):
    with Sandbox(senders=["known@example.com"]) as sandbox:
        mailer(ENDPOINT=sandbox.url)

        page = staff.post(URL, {**FILLED, "tag": "welcome", "html": "on"})

    shown = text(page)
    assert 'class="errornote" role="alert">The test mail was not sent.' in shown
    assert "InvalidMailAddress.NotFound" in shown
    assert "Create it in the console" in shown
    assert 'value="joe@example.com"' in shown
    assert 'value="welcome"' in shown
    assert "checked" in shown


@pytest.mark.parametrize(
    ("directmail", "remedy"),
    [
        ({"REGION": "cn-hangzou"}, 'Did you mean "cn-hangzhou"?'),
        ({"ACCESS_KEY_SECRET": "wrong"}, "Check the AccessKey"),
        ({"ACCESS_KEY_ID": None, "ACCESS_KEY_SECRET": None}, "ALIBABA_CLOUD_ACCESS_"),
        ({"ENDPOINT": "http://127.0.0.1:1"}, "manage.py directmail_sandbox"),
    ],
)
def test_wrong_setting_is_an_answer_and_not_a_crash(staff, mailer, directmail, remedy):
    mailer(**directmail)

    page = staff.post(URL, FILLED)

    assert page.status_code == 200
    assert remedy in text(page)


def test_no_mailer_of_ours_is_said(staff, settings):
    locmem = "django.core.mail.backends.locmem.EmailBackend"
    if django.VERSION >= (6, 1):
        choose_mailers(settings, default=locmem, gone="no.such.backend")
    else:
        settings.EMAIL_BACKEND = locmem

    pages = [staff.get(URL), staff.post(URL, FILLED)]

    for page in pages:
        assert "No mailer of this site sends through DirectMail." in text(page)
        assert 'type="submit" class="default"' not in text(page)


def test_one_mailer_is_not_asked_for(staff, outbox):
    assert '<input type="hidden" name="mailer" value="default"' in text(staff.get(URL))


@pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
class TestSeveralMailers:
    """Only those that send through DirectMail can be chosen."""

    @pytest.fixture(autouse=True)
    def _mailers(self, outbox, settings):
        choose_mailers(
            settings,
            default="django.core.mail.backends.dummy.EmailBackend",
            orders={},
            news={"signature": "ACS3-HMAC-SHA256"},
        )

    def test_the_chosen_one_sends(self, staff, outbox):
        page = staff.get(URL)
        staff.post(URL, {**FILLED, "mailer": "news"})

        assert '<option value="orders"' in text(page)
        assert '<option value="default"' not in text(page)
        assert outbox.mails[0].signature == "ACS3-HMAC-SHA256"

    def test_another_one_is_refused(self, staff, outbox):
        page = staff.post(URL, {**FILLED, "mailer": "default"})

        assert "Please correct the errors below." in text(page)
        assert outbox.calls == 0
