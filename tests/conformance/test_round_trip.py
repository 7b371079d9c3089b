"""Any message arrives as it is, or is refused before anything is sent."""

import json
import re
from html import escape

import pytest
from django.core.mail import EmailAlternative, EmailAttachment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_directmail import sandbox as local
from django_directmail.api.errors import UnsupportedMessage
from django_directmail.backends import EmailBackend
from django_directmail.sandbox import Sandbox
from tests.support.message_parts import attributes
from tests.support.messages import message, parameters

#: Two halves in JSON that are one character.
PAIR = r"\\ud[89ab]..\\ud[c-f].."
STAGING = "staging@example.net"
# Half surrogates and line breaks are among them: then it is to be refused.
anything = st.text(st.characters(), max_size=20)
line = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20
)
# Few, so that merge data fits recipients and placeholders.
word = st.sampled_from(["a", "b", "c"])
address = st.builds("{}@{}".format, word, st.sampled_from(["a.example", "例子.测试"]))
addresses = st.lists(address, max_size=4)
# Names whose form on the wire needs no reading: letters and digits of ASCII.
name = st.from_regex(r"\A[A-Za-z0-9]{1,15}\Z")
placeholders = st.lists(st.one_of(line, word.map("{{{}}}".format)), max_size=4).map(
    "".join
)
data = st.dictionaries(word, line, max_size=3)
header = st.one_of(
    word.map("X-User-{}".format),
    st.sampled_from(["Message-ID", "List-Unsubscribe", "X-Priority", "Bcc", "x y"]),
)
files = st.lists(
    st.builds(
        EmailAttachment, word, st.one_of(st.binary(max_size=20), line), st.none()
    ),
    max_size=2,
)
attribute_values = st.fixed_dictionaries(
    {"to": addresses, "cc": addresses, "bcc": addresses},
    optional={
        "subject": st.one_of(anything, placeholders),
        "body": st.one_of(anything, placeholders),
        "content_subtype": st.sampled_from(["plain", "html", "calendar"]),
        "alternatives": st.lists(
            st.builds(
                EmailAlternative,
                st.one_of(anything, placeholders),
                st.sampled_from(["text/html", "text/html", "text/plain", "text/x"]),
            ),
            max_size=2,
        ),
        "attachments": files,
        "reply_to": addresses,
        "extra_headers": st.dictionaries(header, line, max_size=3),
        "tags": st.lists(word, max_size=2),
        "metadata": st.dictionaries(
            word, st.one_of(anything, st.integers(), st.none()), max_size=2
        ),
        "template_id": word,
        "merge_data": st.dictionaries(address, data, max_size=4),
        "merge_global_data": data,
        "track_opens": st.booleans(),
        "directmail": st.fixed_dictionaries(
            {}, optional={"ip_pool_id": word, "tag_name": word, "from_alias": name}
        ),
    },
)
accounts = st.fixed_dictionaries(
    {},
    optional={
        "SPLIT_RECIPIENTS": st.booleans(),
        "REDIRECT_ALL_TO": st.just(STAGING),
        "ALLOWED_DOMAINS": st.just(["a.example"]),
        "DEFAULTS": st.fixed_dictionaries({}, optional={"tag_name": word}),
        "POLICY": st.fixed_dictionaries(
            {},
            optional={
                "alternatives": st.sampled_from(["error", "warn"]),
                "attachments": st.sampled_from(["upload", "error"]),
                "cc": st.sampled_from(["to", "warn", "error"]),
                "headers": st.sampled_from(["error", "warn"]),
                "reply_to": st.sampled_from(["first", "warn", "error"]),
                "tags": st.sampled_from(["first", "warn", "error"]),
                "tracking": st.sampled_from(["error", "warn"]),
            },
        ),
    },
)


@pytest.fixture(scope="module")
def sandbox():
    """Yield one sandbox for all messages."""
    with Sandbox(senders=["*"]) as running:
        yield running


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=attribute_values, account=accounts)
def test_sent_and_received_agree(sandbox, configure, caplog, values, account):
    configure(
        ACCESS_KEY_ID=local.ACCESS_KEY_ID,
        ACCESS_KEY_SECRET=local.ACCESS_KEY_SECRET,
        ENDPOINT=sandbox.url,
        MAX_CONCURRENCY=1,
        **account,
    )
    caplog.clear()
    one = message()
    for attribute, value in values.items():
        setattr(one, attribute, value)
    before, calls = attributes(one), sandbox.calls
    last = max((mail.id for mail in sandbox.mails), default=0)

    refusal = send(one)

    arrived = [mail for mail in sandbox.mails if mail.id > last]
    assert attributes(one) == before
    if refusal is not None or not any(values[kind] for kind in ("to", "cc", "bcc")):
        assert (sandbox.calls, arrived) == (calls, [])
    if refusal is not None:
        assert is_to_be_refused(values, account)
        assert one.directmail_status.status == "rejected"
        assert refusal.accepted == "no"
    elif one.recipients():
        assert not is_to_be_refused(values, account)
        assert [read(mail) for mail in arrived] == expected(values, account)
        assert bool(caplog.records) == loses(values, account)


def send(one):
    """Send, and return why it was refused, ``None`` if it was not."""
    try:
        EmailBackend().send_messages([one])
    except UnsupportedMessage as error:
        return error
    return None


def files_of(mail):
    """Return names and bytes of the files of a received mail."""
    return [(file.name, file.content) for file in mail.attachments]


def read(mail):
    """Return what :func:`expected` speaks of: what is not the same for all."""
    found = {**parameters(mail), "files": files_of(mail)}
    constant = {
        "account_name": "from@example.com",
        "address_type": "1",
        "reply_to_address": "false",
    }
    assert {key: found.pop(key) for key in constant} == constant
    for key, value in found.get("headers", {}).items():
        if key.startswith("X-User-Notify-"):
            found["headers"][key] = metadata_of(value)
    return found


def metadata_of(text):
    """Return what a header of metadata stands for: JSON, or else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


# A second, plain reading of the rules, for the messages above alone.


def policy(account, feature, default):
    """Return the choice of the account."""
    return account.get("POLICY", {}).get(feature, default)


def wire(one):
    """Return an address as it is sent."""
    return one.replace("例子.测试", "xn--fsqu00a.xn--0zwm56d")


def bodies(values):
    """Return the text and the HTML as given, and how many parts fit into neither."""
    found = {"plain": "", "html": ""}
    subtype = values.get("content_subtype", "plain")
    extra = 0
    given = [(subtype, values.get("body", "Content\n"), True)]
    given += [
        (kind.removeprefix("text/"), text, False)
        for text, kind in values.get("alternatives", [])
    ]
    for kind, text, is_body in given:
        if kind in found and (is_body or not found[kind]):
            found[kind] = text
        else:
            extra += 1
    if not any(found.values()):
        found["html" if subtype == "html" else "plain"] = "\n"
    return found["plain"], found["html"], extra


def everybody(values, account):
    """Return address and kind of each recipient, once."""
    kinds = (
        ["to", "bcc"]
        if policy(account, "cc", "to") == "warn"
        else [
            "to",
            "cc",
            "bcc",
        ]
    )
    found = {}
    for kind in kinds:
        for one in values[kind]:
            found.setdefault(one, kind)
    return list(found.items())


def groups(values, account):
    """Return to, bcc and "is it redirected" of each call."""
    people = everybody(values, account)
    is_staging = {"REDIRECT_ALL_TO", "ALLOWED_DOMAINS"} & set(account)
    allowed = account.get("ALLOWED_DOMAINS", [])
    inside = [p for p in people if not is_staging or p[0].partition("@")[2] in allowed]
    outside = [p for p in people if p not in inside]
    found = []
    for some, is_redirected in ((inside, False), (outside, True)):
        if is_redirected and "REDIRECT_ALL_TO" not in account:
            continue
        visible = [a for a, kind in some if kind != "bcc"]
        hidden = [a for a, kind in some if kind == "bcc"]
        if account.get("SPLIT_RECIPIENTS") or "merge_data" in values:
            found += [([a], [], is_redirected) for a in visible + hidden]
            continue
        if visible:
            found.append((visible, hidden[:2], is_redirected))
            hidden = hidden[2:]
        found += [([a], [], is_redirected) for a in hidden]
    return found


def headers(values):
    """Return the headers that the API carries."""
    given = values.get("extra_headers", {})
    return {key: value for key, value in given.items() if key != "X-Priority"}


def data_of(values, someone):
    """Return the merge data of one recipient."""
    own = values.get("merge_data", {}).get(someone, {})
    return {**values.get("merge_global_data", {}), **own}


def filled(text, values, someone, change=str):
    """Return ``text`` with the data of one recipient; raise KeyError if some lacks."""
    if "template_id" in values or not {"merge_data", "merge_global_data"} & set(values):
        return text
    own = data_of(values, someone)
    return re.sub(r"\{(\w+)\}", lambda found: change(own[found[1]]), text)


def expected(values, account):
    """Return the parameters and files of each call."""
    return [
        call(values, account, visible, hidden, is_redirected)
        for visible, hidden, is_redirected in groups(values, account)
    ]


def call(values, account, visible, hidden, is_redirected):
    """Return the parameters and files of one call."""
    someone = visible[0] if "merge_data" in values else None
    plain, html, _ = bodies(values)
    subject = values.get("subject", "Subject") or "(no subject)"
    metadata = values.get("metadata", {})
    found = {
        "to_address": ",".join(map(wire, visible)),
        "bcc_address": ",".join(map(wire, hidden)),
        "subject": filled(subject, values, someone) or "(no subject)",
        "files": [
            (name, content if isinstance(content, bytes) else content.encode())
            for name, content, _ in values.get("attachments", [])
        ],
        "reply_address": wire((values.get("reply_to") or [""])[0]),
        "tag_name": tag(values, account),
        **values.get("directmail", {}),
    }
    if "track_opens" in values and not cannot_track(values, account):
        found["click_trace"] = "01"[values["track_opens"]]
    if "template_id" in values:
        own = data_of(values, someone)
        found["template"] = {"template_id": values["template_id"]}
        if own:
            found["template"]["template_data"] = own
    else:
        found["text_body"] = filled(plain, values, someone)
        found["html_body"] = filled(html, values, someone, escape)
        if not (found["text_body"] or found["html_body"]):
            found["text_body" if plain else "html_body"] = "\n"
    found["headers"] = headers(values)
    for key, value in metadata.items():
        found["headers"][f"X-User-Notify-{key}"] = value
    if is_redirected:
        found["to_address"], found["bcc_address"] = STAGING, ""
        found["headers"]["X-User-Original-To"] = ", ".join(map(wire, visible + hidden))
    return {key: value for key, value in found.items() if value or key == "files"}


def tag(values, account):
    """Return the tag, ``None`` if there is none."""
    tags = values.get("tags") or [account.get("DEFAULTS", {}).get("tag_name")]
    return values.get("directmail", {}).get("tag_name", tags[0])


def cannot_track(values, account):
    """Say whether tracking is wanted, and something that it needs is missing."""
    _, html, _ = bodies(values)
    has_body = "template_id" in values or re.search(r"<body[\s>/]", html, re.IGNORECASE)
    return bool(values.get("track_opens")) and not (tag(values, account) and has_body)


def unfit(values, account):
    """Yield feature and default policy of each part that the API does not carry."""
    if bodies(values)[2]:
        yield "alternatives", "error"
    if values["cc"]:
        yield "cc", "to"
    if "X-Priority" in values.get("extra_headers", {}):
        yield "headers", "error"
    if len(values.get("reply_to", [])) > 1:
        yield "reply_to", "first"
    if len(values.get("tags", [])) > 1:
        yield "tags", "first"
    if cannot_track(values, account):
        yield "tracking", "error"
    if values.get("attachments"):
        yield "attachments", "upload"


def is_to_be_refused(values, account):
    """Say whether there is a reason to refuse the message."""
    choices = {f: policy(account, f, default) for f, default in unfit(values, account)}
    only_cc = choices.get("cc") == "warn" and not (values["to"] or values["bcc"])
    subject = values.get("subject", "")
    bad_headers = {"Bcc", "x y"} & set(values.get("extra_headers", {}))
    if (
        "error" in choices.values()
        or only_cc
        or bad_headers
        or re.search("[\r\n]", subject)
    ):
        return True
    try:
        calls = expected(values, account)
        text = json.dumps([{**call, "files": 0, "headers": 0} for call in calls])
    except KeyError:
        return True
    return re.search(r"\\ud[89a-f]", re.sub(PAIR, "", text)) is not None


def loses(values, account):
    """Say whether something is not sent as it is, which is to be said."""
    keeping = ("to", "upload")
    choices = [policy(account, f, default) for f, default in unfit(values, account)]
    has_body = "template_id" in values and any(
        text not in ("", "\n") for text in bodies(values)[:2]
    )
    people = everybody(values, account)
    is_withheld = (
        "ALLOWED_DOMAINS" in account
        and "REDIRECT_ALL_TO" not in account
        and any(not address.endswith("@a.example") for address, _ in people)
    )
    return has_body or is_withheld or any(c not in keeping for c in choices)
