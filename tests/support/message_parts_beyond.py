"""The table goes on: what a message may carry beyond Django, and the policies."""

from django.core.mail import EmailAlternative
from django.utils.functional import lazystr

from tests.support.message_parts import (
    CONTENT,
    FILES,
    HEADERS,
    HTML,
    RECIPIENTS,
    SENDERS,
    Row,
    inline_image,
    one,
)

TEMPLATE = {"template_id": "7", "template_data": {"name": "Ann"}}
NO_BODIES = {"text_body": None}
IGNORED = "DirectMail ignores the body of a message that uses a template"
BOTH = ["a@example.com", "b@example.com"]


def by_hand(name, value, arrives=None):
    """Return the rows that set a parameter by hand, in both places and by default."""
    arrives = {name: value if arrives is None else arrives}
    return [
        one(name, {"directmail": {name: value}}, **arrives),
        one(name, {"esp_extra": {name: value}, "directmail": {name: None}}, **arrives),
        *(
            [Row(name, {}, (arrives,), {"DEFAULTS": {name: value}})]
            if name not in ("account_name", "from_alias")
            else []
        ),
    ]


EXTRAS = [
    one("tag", {"tags": [lazystr("news")]}, tag_name="news"),
    one("no tags", {"tags": []}),
    one(
        "metadata",
        {"metadata": {"id": 5, "é": "ü"}},
        headers={"X-User-Notify-id": "5", "X-User-Notify-%C3%A9": '"\\u00fc"'},
    ),
    one(
        "tracking",
        {"track_opens": True, "tags": ["a"], "alternatives": [(HTML, "text/html")]},
        click_trace="1",
        tag_name="a",
        html_body=HTML,
    ),
    one("no tracking", {"track_clicks": False}, click_trace="0"),
    *by_hand("account_name", "other@example.com"),
    *by_hand("address_type", 0, "0"),
    *by_hand("reply_to_address", True, "true"),
    *by_hand("from_alias", "Shop"),
    *by_hand("reply_address", "help@example.com"),
    *by_hand("tag_name", "news"),
    *by_hand("click_trace", False, "0"),
    *by_hand("headers", {"X-User-A": "ä"}),
    *by_hand("un_subscribe_link_type", "default"),
    *by_hand("un_subscribe_filter_level", "mailfrom"),
    *by_hand("domain_auth", True, "true"),
    *by_hand("ip_pool_id", "pool"),
    one(
        "reply address and name",
        {"esp_extra": {"reply_address": "b@example.com", "reply_address_alias": "B"}},
        reply_address="b@example.com",
        reply_address_alias="B",
    ),
    Row(
        "esp_extra that is no dict",
        {"esp_extra": "x"},
        error="message.esp_extra: it is a str; it must be a dict of parameters",
    ),
    Row(
        "idempotency key without a log",
        {"idempotency_key": "1"},
        error="there is no log. Add django_directmail to INSTALLED_APPS",
    ),
]


def merged(what, values, *calls, **given):
    """Return the row of a message to two."""
    found = [{"to_address": a, **c} for a, c in zip(BOTH, calls, strict=True)]
    return Row(what, {"to": BOTH, **values}, tuple(found), **given)


TEMPLATES_AND_MERGES = [
    one(
        "template without a body",
        {"template_id": "7", "body": ""},
        template={"template_id": "7"},
        **NO_BODIES,
    ),
    Row(
        "template and a body",
        {"directmail": {"template": TEMPLATE}},
        ({"template": TEMPLATE, **NO_BODIES},),
        warning=IGNORED,
    ),
    Row(
        "template by default",
        {"body": ""},
        ({"template": TEMPLATE, **NO_BODIES},),
        {"DEFAULTS": {"template": TEMPLATE}},
    ),
    one(
        "template by hand beats template_id",
        {"template_id": "1", "directmail": {"template": TEMPLATE}, "body": ""},
        template=TEMPLATE,
        **NO_BODIES,
    ),
    merged(
        "data of a template by hand, of all and of one",
        {
            "body": "",
            "subject": "{name}",
            "directmail": {
                "template": {"template_id": "7", "template_data": {"x": "t"}}
            },
            "merge_global_data": {"x": "all", "y": "all"},
            "merge_data": {"a@example.com": {"x": "a"}},
        },
        *(
            {
                "subject": "{name}",
                "template": {"template_id": "7", "template_data": {"x": x, "y": "all"}},
                **NO_BODIES,
            }
            for x in ("a", "t")
        ),
    ),
    merged(
        "data without a template",
        {
            "subject": "{n}",
            "body": "{n}{m}",
            "merge_data": {
                "a@example.com": {"n": "A"},
                "B <b@example.com>": {"n": "<"},
            },
            "merge_global_data": {"m": "!"},
            "alternatives": [("<p>{n}</p>", "text/html")],
        },
        {"subject": "A", "text_body": "A!", "html_body": "<p>A</p>"},
        {"subject": "<", "text_body": "<!", "html_body": "<p>&lt;</p>"},
    ),
    one("data of all", {"body": "{n}", "merge_global_data": {"n": "N"}}, text_body="N"),
    one("braces without data", {"body": "{n}"}, text_body="{n}"),
    merged(
        "metadata and headers of one",
        {
            "metadata": {"id": 1},
            "merge_metadata": {"a@example.com": {"id": 2}},
            "merge_headers": {"b@example.com": {"x-user-b": "b", "subject": "B"}},
        },
        {"headers": {"X-User-Notify-id": "2"}},
        {"headers": {"X-User-Notify-id": "1", "x-user-b": "b"}, "subject": "B"},
    ),
    Row(
        "placeholder without data",
        {"body": "{n}", "merge_data": {}},
        error="The text has the placeholder {n}, and there is no data for it. Add it",
    ),
]


def policies(feature, values, **outcomes):
    """Return a row for each choice of a policy, and one for the default, the first."""
    rows = [
        Row(
            f"policy {feature}: {choice}",
            values,
            settings={"POLICY": {feature: choice}},
            **outcome,
        )
        for choice, outcome in outcomes.items()
    ]
    default = Row(f"policy {feature}", values, **next(iter(outcomes.values())))
    return [default, *rows]


def refused(text, feature):
    """Return the outcome of a message that is refused, with both ways out."""
    return {"error": f'{text}, or change POLICY["{feature}"].'}


def dropped(text, feature, loss="it is dropped", **differs):
    """Return the outcome of a message that loses something, and says so."""
    return {
        "calls": (differs,),
        "warning": f'{text}; {loss} by POLICY["{feature}"].',
    }


FALLBACK = {"calls": (), "is_fallback": True}
MORE = (
    "The API carries one text and one HTML body, and the message has one more"
    " alternative, "
)
OTHERS = "the others are dropped"
POLICY_ROWS = [
    *(
        row
        for kind in ("text/calendar", "text/x-amp-html", "text/plain")
        for row in policies(
            "alternatives",
            {"alternatives": [EmailAlternative(text, kind) for text in "XY"]},
            error=refused(f"{MORE}'{kind}'. Either remove it", "alternatives"),
            warn=dropped(f"{MORE}'{kind}'", "alternatives"),
            smtp=FALLBACK,
        )
    ),
    *policies(
        "alternatives",
        {"content_subtype": "calendar"},
        error=refused(
            "The body is of the kind 'text/calendar', and the API carries text/plain"
            " and text/html. Either use one of these",
            "alternatives",
        ),
        warn=dropped(
            "The body is of the kind 'text/calendar', and the API carries text/plain"
            " and text/html",
            "alternatives",
            text_body="\n",
        ),
        smtp=FALLBACK,
    ),
    *policies(
        "attachments",
        {"attachments": [("a.txt", "x", "text/plain")]},
        upload={"files": (("a.txt", b"x"),)},
        error=refused(
            "The message has an attachment. Either link to the file", "attachments"
        ),
        smtp=FALLBACK,
    ),
    *policies(
        "cc",
        {"cc": ["cc@example.com"]},
        to={"calls": ({"to_address": "to@example.com,cc@example.com"},)},
        warn=dropped("The API has no Cc", "cc", "they get no mail"),
        error=refused("The API has no Cc. Either put these addresses into to", "cc"),
        smtp=FALLBACK,
    ),
    *policies(
        "headers",
        {"extra_headers": {"References": "<1@example.com>", "X-User-A": "a"}},
        error=refused(
            "The API does not carry the header References. Either use X-User-* or"
            " remove it",
            "headers",
        ),
        warn=dropped(
            "The API does not carry the header References",
            "headers",
            headers={"X-User-A": "a"},
        ),
        smtp=FALLBACK,
    ),
    *policies(
        "inline_images",
        {
            "alternatives": [EmailAlternative('<img src="cid:logo">', "text/html")],
            "attachments": [inline_image()],
        },
        error=refused(
            "The API cannot show an inline image. Either link to it with an absolute"
            " URL",
            "inline_images",
        ),
        warn=dropped(
            "The API cannot show an inline image",
            "inline_images",
            html_body='<img src="cid:logo">',
        ),
        smtp=FALLBACK,
    ),
    *policies(
        "reply_to",
        {"reply_to": BOTH},
        first=dropped(
            "The API takes one reply address", "reply_to", OTHERS, reply_address=BOTH[0]
        ),
        warn=dropped(
            "The API takes one reply address", "reply_to", OTHERS, reply_address=BOTH[0]
        ),
        error=refused(
            "The API takes one reply address. Either keep only the first one",
            "reply_to",
        ),
        smtp=FALLBACK,
    ),
    *policies(
        "tags",
        {"tags": ["a", "b"]},
        first=dropped("The API takes one tag", "tags", OTHERS, tag_name="a"),
        warn=dropped("The API takes one tag", "tags", OTHERS, tag_name="a"),
        error=refused("The API takes one tag. Either keep only the first one", "tags"),
    ),
    *policies(
        "tracking",
        {"track_opens": True},
        error=refused(
            "Tracking needs a tag and HTML with a <body> element, which this message"
            " lacks. Either add that, or do not track",
            "tracking",
        ),
        warn=dropped(
            "Tracking needs a tag and HTML with a <body> element, which this message"
            " lacks",
            "tracking",
            "the mail goes out without it",
        ),
    ),
]

ROWS = [
    *CONTENT,
    *SENDERS,
    *RECIPIENTS,
    *HEADERS,
    *FILES,
    *EXTRAS,
    *TEMPLATES_AND_MERGES,
    *POLICY_ROWS,
]
