"""Any bytes for an answer: a result or an error of ours, soon, in little memory."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from django_directmail.api import DirectMailError
from django_directmail.api.actions.account import (
    DescAccountSummary,
    QueryMailAddressByParam,
)
from django_directmail.api.actions.sms import QuerySendDetails
from django_directmail.api.client import Client
from django_directmail.api.responses import Answer
from tests.support.api_samples import KEY, mail, texts

CLIENT = Client(KEY)
CALLS = [
    CLIENT.prepare(action)
    for action in (
        mail(),
        DescAccountSummary(),
        QueryMailAddressByParam(),
        QuerySendDetails(
            phone_number="13800138000",
            send_date="20260102",
            page_size=10,
            current_page=1,
        ),
    )
]

names = st.sampled_from(
    [
        "Code",
        "Message",
        "RequestId",
        "EnvId",
        "TotalCount",
        "PageNo",
        "PageSize",
        "data",
        "mailAddress",
        "DailyQuota",
        "SmsSendDetailDTOs",
        "SmsSendDetailDTO",
        "AccountName",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner),
    max_leaves=10,
)
objects = st.dictionaries(names, values, max_size=6)


def _xml(value):
    if isinstance(value, dict):
        return "".join(f"<{n}>{_xml(v)}</{n}>" for n, v in value.items())
    return "".join(map(_xml, value)) if isinstance(value, list) else str(value)


declarations = st.builds(
    '<?xml version="1.0" encoding="{}"?>'.format,
    st.sampled_from(
        ["utf-8", "utf-16", "ascii", "base64", "none", "cp1252", "shift_jis"]
    ),
)
bodies = st.one_of(
    st.binary(max_size=200),
    objects.map(lambda o: json.dumps(o).encode()),
    objects.map(lambda o: f"<R>{_xml(o)}</R>".encode(errors="replace")),
    st.builds(
        lambda head, o, codec: f"{head}<R>{_xml(o)}</R>".encode(codec, "replace"),
        declarations,
        objects,
        st.sampled_from(["utf-8", "utf-16"]),
    ),
    st.builds(lambda text, n: text.encode() * n, texts, st.integers(0, 2_000)),
)
headers = st.dictionaries(
    st.sampled_from(["content-type", "x-acs-retry-after", "x-ratelimit-user-api"]),
    texts,
)


@settings(deadline=2_000)
@given(
    call=st.sampled_from(CALLS),
    status=st.integers(100, 599),
    headers=headers,
    body=bodies,
)
def test_any_answer_is_a_result_or_an_error_of_ours(call, status, headers, body):
    try:
        result = CLIENT.read(call, Answer(status, headers, body))
    except DirectMailError as error:
        found = str(error)
    else:
        found = result.request_id

    assert 0 < len(found) < 1_000
