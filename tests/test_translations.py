"""The Chinese catalog: complete, current, and what people see."""

import io
import re
import shutil
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.core import cache as caches
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone, translation

from django_directmail.api.error_codes import RULES
from django_directmail.api.fields import wire_names
from django_directmail.api.responses import SendResult
from django_directmail.models import MailLog, MailRecipient
from tests.support.admin_pages import LIST, ask_again, choose, confirm, log_in
from tests.support.admin_rows import add_recipients, make_row
from tests.support.catalog import CATALOG, PACKAGE, TOOLS, update

COMMANDS = sorted(
    path.stem
    for path in (PACKAGE / "management" / "commands").glob("*.py")
    if path.stem != "__init__"
)
DASHBOARD, SEND_TEST = f"{LIST}dashboard/", f"{LIST}send-test/"
TO_BOB = {"recipient": "bob@example.com", "mailer": "default"}
CODE = "InvalidMailAddress.NotFound"
#: Ids, and the names of parameters.
NAME = re.compile(r"[0-9A-Fa-f-]{32,36}|\b[a-z]+(_[a-z]+)+\b")
ADVICE = "此地域中不存在该发信地址。请在控制台创建，或更正发信地址或地域。"
#: What nobody translates, and what Django does not.
DATA = """
    bob carl dora ann shop noreply mail example com http localhost KB
    default cn hangzhou orders InvalidMailAddress NotFound HMAC SHA America Chicago
    Email Select an option false
"""


def read(path, reader=read_po):
    """Return the messages of a catalog by their ids, the header left out."""
    with path.open("rb") as file:
        return {
            tuple(forms(message.id)): message for message in reader(file) if message.id
        }


@cache
def ours():
    """Return the messages of the catalog that people edit, by their ids."""
    return read(PACKAGE / CATALOG)


def forms(text):
    """Return the one form, or the two, of an id or of a translation."""
    return [text] if isinstance(text, str) else list(text)


def placeholders(text):
    """Return what is filled into a text."""
    return set(re.findall(r"%(?:\(\w+\))?[a-z]", text))


def words(text):
    """Return the English words of a text, or what looks like some."""
    return set(re.findall("[A-Za-z]{2,}", text))


def english(text, *data):
    """Return the words of ``text`` that no translation has, and that are no data."""
    known = words(" ".join([DATA, *data]))
    for message in ours().values():
        known |= words("".join(forms(message.string)))
    return sorted(words(NAME.sub("", text)) - known)


class Visible(HTMLParser):
    """Collects what is read of a page: texts, and the attributes that are read out."""

    def __init__(self, page):
        super().__init__()
        self.texts, self._inside = [], []
        html = page.content.decode()
        self.feed(html.partition("<title>")[2].partition("</title>")[0])
        self.feed("".join(html.partition("<main")[1:]))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        shown = ["aria-label", "title", "placeholder"]
        if found.get("type") == "submit":
            shown.append("value")
        self.texts += [found[name] or "" for name in shown if name in found]
        self._inside.append(tag)

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self._inside):
            self.texts.append(data)


def english_on(page, *data):
    """Return the English words of a page, ``data`` left out."""
    assert page.status_code == 200
    assert 'lang="zh-hans"' in page.content.decode()
    return english(" ".join(Visible(page).texts), *data)


def test_compiled_catalog_is_what_people_edit():
    compiled = read((PACKAGE / CATALOG).with_suffix(".mo"), read_mo)

    found = {id: forms(message.string) for id, message in compiled.items()}

    assert found == {id: forms(message.string) for id, message in ours().items()}


def test_every_text_is_translated():
    unfinished = [
        id
        for id, message in ours().items()
        if message.fuzzy or not all(forms(message.string))
    ]

    assert len(ours()) > 300
    assert unfinished == []


def test_translations_fill_in_the_same():
    different = [
        id
        for id, message in ours().items()
        if {frozenset(placeholders(text)) for text in id}
        != {frozenset(placeholders(text)) for text in forms(message.string)}
    ]

    assert different == []


def test_punctuation_is_chinese():
    between = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]")

    wrong = [id for id, m in ours().items() if between.search("".join(forms(m.string)))]

    assert wrong == []


def test_header_has_one_plural_form_and_nothing_that_changes_by_itself():
    with (PACKAGE / CATALOG).open("rb") as file:
        catalog = read_po(file)
        text = (PACKAGE / CATALOG).read_text("utf-8")

    assert (str(catalog.locale), catalog.num_plurals) == ("zh_Hans", 1)
    assert "POT-Creation-Date" not in text
    assert catalog.obsolete == {}


@pytest.mark.parametrize("part", ["conf", "contrib/admin"])
def test_texts_that_django_has_too_are_translated_alike(part):
    # The catalogs of all apps become one, and ours wins over Django's.
    path = Path(django.__file__).parent / part / CATALOG.with_suffix(".mo")
    theirs = {id[0]: m.string for id, m in read(path, read_mo).items() if not m.context}

    different = {
        id[0]: theirs[id[0]]
        for id, message in ours().items()
        if id[0] in theirs and forms(theirs[id[0]]) != forms(message.string)
    }

    assert different == {}


def test_advice_for_every_error_code_is_in_the_catalog():
    assert {(rule.remedy,) for rule in RULES.values()} <= set(ours())


@pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason="gettext (Debian's package) is missing"
)
def test_catalog_has_every_text_of_the_code(tmp_path):
    package = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("*.pyc", "static"))

    update(package)

    made = read(package / CATALOG)
    hint = "Run: python -m tests.support.catalog"
    assert sorted(made) == sorted(ours()), hint
    assert [id for id, message in made.items() if message.fuzzy] == [], hint


@pytest.fixture
def staff(client, db, mailer):
    """Return a client that reads Chinese, of somebody who may do all there is."""
    caches.cache.clear()
    client.sandbox = mailer(LOG={"BODIES": True})
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN,zh;q=0.9,en;q=0.8"
    permissions = [name for name, _ in MailLog._meta.permissions]
    log_in(client, *permissions)
    return client


@pytest.fixture
def rows(staff):
    """Store a mail in each status, with all that a page can show; return them."""
    accepted = {"accepted": "yes", "sending": "unknown", "unconfirmed": "unknown"}
    people = [f"bob{number}@example.com" for number in range(5)]
    found = {}
    for status in MailLog.Status.values:
        row = make_row(
            people,
            status=status,
            accepted=accepted.get(status, "no"),
            subject="您好",
            tag="orders",
            nonce="1",
            created_at=timezone.now() - timedelta(hours=1),
            text_body="您好",
            html_body="<p>您好</p>",
            metadata={"1": "2"},
            size=2000,
        )
        found[status] = row
    for status in MailRecipient.Status.values:
        add_recipients(found["accepted"], ["carl@example.com"], status=status)
    add_recipients(found["accepted"], ["dora@example.com"], "bcc")
    MailLog.objects.filter(status="rejected").update(
        error_code=CODE, error_message="无", http_status=400
    )
    make_row(
        resent_from=found["accepted"],
        resent_by="ann",
        message_uid=found["accepted"].message_uid,
        subject="您好",
    )
    return found


def test_list_is_chinese(staff, rows):
    assert english_on(staff.get(LIST)) == []
    assert english_on(staff.get(LIST, {"q": "bob1@example.com"})) == []


@pytest.mark.parametrize("status", MailLog.Status.values)
def test_page_of_a_mail_is_chinese(staff, rows, status):
    row = rows[status]

    page = staff.get(reverse("admin:django_directmail_maillog_change", args=[row.pk]))

    assert english_on(page) == []


def test_page_of_a_mail_without_anything_is_chinese(staff):
    row = make_row([], subject="", sent_at=None, finished_at=None)

    page = staff.get(reverse("admin:django_directmail_maillog_change", args=[row.pk]))

    assert english_on(page) == []


def test_dashboard_is_chinese(staff, rows):
    page = staff.get(DASHBOARD)

    assert english_on(page) == []
    assert "9 封邮件：已接受 2，已拒绝 1，失败 1" in page.content.decode()
    assert ADVICE in page.content.decode()


def test_dashboard_without_mails_is_chinese(staff, mailer):
    mailer(LOG={"ENABLED": False})

    page = staff.get(DASHBOARD)

    assert english_on(page, "sendtestmail you ENABLED") == []


def test_account_that_cannot_be_asked_has_chinese_advice(staff):
    staff.sandbox.add_fault("error", status=400, code=CODE)

    page = staff.get(DASHBOARD).content.decode()

    assert "额度和状态未知。" in page
    assert ADVICE in page


@pytest.mark.parametrize("action", ["resend", "cancel", "export"])
def test_pages_that_ask_and_what_they_lead_to_are_chinese(staff, rows, action):
    page = choose(staff, f"{action}_selected", *rows.values())
    done = confirm(staff, page)

    assert english_on(page) == []
    if action != "export":
        assert english_on(staff.get(done.url)) == []


def test_mail_that_is_refused_again_has_chinese_advice(staff, rows):
    staff.sandbox.add_fault("error", status=400, code=CODE)

    done = confirm(staff, ask_again(staff, rows["failed"]))

    assert ADVICE in staff.get(done.url, follow=True).content.decode()


def test_form_of_the_test_mail_is_chinese(staff):
    wrong = staff.post(SEND_TEST, {"recipient": "bob", "mailer": "default"})
    sent = staff.post(SEND_TEST, {**TO_BOB, "html": "on"}, follow=True)

    assert english_on(staff.get(SEND_TEST)) == []
    assert english_on(wrong) == []
    assert english_on(sent, *words(staff.sandbox.mails[0].subject)) == []
    assert staff.sandbox.mails[0].subject.startswith("来自 ")


def test_test_mail_that_is_refused_has_chinese_advice(staff):
    staff.sandbox.add_fault("error", status=400, code=CODE)

    page = staff.post(SEND_TEST, TO_BOB).content.decode()

    assert "测试邮件未发送。" in page
    assert ADVICE in page


def run(*arguments):
    """Run a command in Chinese; return what it printed, and the error it ended in."""
    out = io.StringIO()
    with translation.override("zh-hans"):
        try:
            call_command(*arguments, stdout=out, stderr=out, no_color=True)
        except CommandError as error:
            out.write(str(error))
    return out.getvalue()


def test_doctor_speaks_chinese(staff, settings):
    settings.DEBUG = True

    printed = run("directmail_doctor")

    assert "一切正常。" in printed
    names = "OK DKIM DMARC CNAME SQLite PostgreSQL MariaDB MySQL"
    assert english(printed, names) == []


def test_doctor_gives_chinese_advice(staff):
    staff.sandbox.add_fault("error", status=400, code=CODE)

    printed = run("directmail_doctor")

    assert ADVICE in printed
    assert "1 项检查失败。" in printed


def test_stats_speak_chinese(rows):
    printed = run("directmail_stats")

    assert "最常见的错误" in printed
    assert english(printed) == []


@pytest.mark.parametrize("what", ["--bodies=0", "--address=bob1@example.com"])
def test_prune_speaks_chinese(rows, what):
    printed = run("directmail_prune", "--dry-run", what)

    assert "试运行：不做任何更改。" in printed
    assert english(printed) == []


def test_sendtestmail_speaks_chinese(staff):
    printed = run("sendtestmail", "bob@example.com")

    assert "已接受，收件人：bob@example.com。" in printed
    assert english(printed, *wire_names(SendResult).values()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_chinese(command, capsys):
    with translation.override("zh-hans"), pytest.raises(SystemExit):
        call_command(command, "--help")

    printed = "".join(capsys.readouterr().out.split())
    left = [
        id for (id, *_) in ours() if len(id) > 20 and "".join(id.split()) in printed
    ]
    assert left == []
    assert re.search("[\u4e00-\u9fff]{4}", printed)
