"""Search in DirectMail's lists of senders, domains and tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from django_directmail.api.actions.action import Action
from django_directmail.api.client import Client
from django_directmail.api.fields import Row
from django_directmail.api.responses import Page

__all__ = ["search_rows"]

RowT = TypeVar("RowT", bound=Row)

#: How many pages of one list are read. The query has a search word already: what is not
#: on these pages does not exist.
MAX_PAGES = 10


def search_rows(
    client: Client, query: Callable[[int], Action[Page[RowT]]]
) -> Iterator[RowT]:
    """
    Yield the rows of all pages; ``query`` returns the action for a page number from 1.

    The next page is fetched only when the rows of the last one have been used.
    """
    seen = 0
    for number in range(1, MAX_PAGES + 1):
        page = client.call(query(number))
        yield from page.items
        seen += len(page.items)
        if not page.items or seen >= page.total_count:
            return
