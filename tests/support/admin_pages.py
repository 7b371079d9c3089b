"""The pages of the admin as a browser without scripts uses them."""

import re
from html import unescape

from django.contrib.messages import get_messages
from django.urls import reverse

from tests.support.admin_rows import make_staff

LIST = "/admin/django_directmail/maillog/"


def log_in(client, *permissions):
    """Log a member of the staff in, who may see the log and has ``permissions``."""
    user = make_staff("view_maillog", *permissions)
    client.force_login(user)
    return user


def choose(client, action, *rows, query="", across=False):
    """Choose an action in the list, for rows or for all; return the answer."""
    return client.post(
        LIST + query,
        {
            "action": action,
            "_selected_action": [str(row.pk) for row in rows],
            "select_across": int(across),
            "index": 0,
        },
    )


def ask_again(client, row):
    """Press the button on the page of a mail that sends it again."""
    return client.post(reverse("admin:django_directmail_maillog_resend", args=[row.pk]))


def confirm(client, page, **ticked):
    """Press the button of a confirmation page, with boxes ``ticked``."""
    assert page.status_code == 200, page
    assert button(page), "nothing to press"
    fields = {}
    for name, value in re.findall(
        r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.content.decode()
    ):
        fields.setdefault(name, []).append(unescape(value))
    request = page.wsgi_request
    return client.post(request.get_full_path(), {**fields, **ticked})


def button(page):
    """Return the text of the button of a confirmation page, if it has one."""
    found = re.search(
        r'<input type="submit" class="default" value="([^"]*)">', text(page)
    )
    return found and found[1]


def text(page):
    """Return the main part of a page."""
    return unescape(page.content.decode().partition("<main")[2])


def told(answer):
    """Return level and text of each message that the next page will show."""
    return [(m.level_tag, m.message) for m in get_messages(answer.wsgi_request)]
