"""What nobody sends by mistake: it is answered, and never with an error of ours."""

import uuid

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from tests.support.admin_pages import LIST, confirm, log_in, text
from tests.support.admin_rows import make_row

pytestmark = pytest.mark.django_db
ACTIONS = ["resend_selected", "cancel_selected", "export_selected"]


@pytest.fixture
def staff(client):
    """Log somebody in who may do everything with mails; return the client."""
    log_in(client, "resend_maillog", "cancel_maillog", "export_maillog")
    return client


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("junk", ["junk", "", "\x00", "1" * 1000, "' OR 1=1 --"])
def test_what_is_no_id_is_not_chosen(staff, action, junk):
    row = make_row(subject="Chosen", status="queued", accepted="no")
    fields = {"action": action, "index": 0, "select_across": 0}
    ids = [junk, str(row.pk), str(uuid.uuid4())]

    alone = staff.post(LIST, {**fields, ACTION_CHECKBOX_NAME: [junk]})
    without_button = staff.post(LIST, {ACTION_CHECKBOX_NAME: [junk], "action": action})
    page = staff.post(LIST, {**fields, ACTION_CHECKBOX_NAME: ids})
    answer = staff.post(
        LIST, {**fields, ACTION_CHECKBOX_NAME: ids, "confirmation": "0" * 32}
    )

    assert alone.status_code == 302
    assert without_button.status_code == 200
    assert page.status_code == 200
    assert f'value="{row.pk}"' in text(page)
    assert answer.status_code in (200, 302)


def test_the_page_confirms_the_action_whose_button_was_pressed(staff):
    row = make_row(status="queued", accepted="no")
    page = staff.post(
        LIST,
        {
            "action": ["cancel_selected", "export_selected"],
            "index": 0,
            "select_across": 0,
            ACTION_CHECKBOX_NAME: str(row.pk),
        },
    )

    confirm(staff, page)

    row.refresh_from_db()
    assert row.status == "cancelled"


@pytest.mark.parametrize("name", ["created_at__gte", "created_at__lt"])
@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-23:00",
        "0001-01-01",
        "99999-01-01",
        "\x00",
    ],
)
@pytest.mark.filterwarnings("ignore:.*received a naive datetime:RuntimeWarning")
def test_a_time_that_cannot_be_leads_to_the_whole_list(staff, settings, name, time):
    settings.TIME_ZONE = "Asia/Shanghai"
    make_row()

    answer = staff.get(LIST, {name: time})

    assert (answer.status_code, answer.url) == (302, f"{LIST}?e=1")
