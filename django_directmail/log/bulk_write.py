"""
Writes many rows in one query: what Django's own bulk methods do, where they do it.

On SQLite they cut a list into pieces of a few rows, as a query takes few variables
there; one prepared statement that runs for each row knows no such limit. On servers,
a statement stays below what they take at once.

Neither function opens a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from django.db import connections, models

__all__ = ["insert", "may_repeat", "update"]

#: About how much one statement carries, in bytes. MariaDB and MySQL take 16 MB by
#: default, with all that is escaped; PostgreSQL takes a gigabyte.
STATEMENT_SIZE = {"mysql": 4_000_000}
MAX_STATEMENT_SIZE = 200_000_000
ROW_SIZE = 1_000


def insert(model: type[models.Model], rows: Sequence[Any], using: str) -> None:
    """Insert ``rows`` into the database ``using``."""
    if connections[using].vendor == "sqlite":
        _run_for_each(*_insert_statement(model), rows, using)
        return
    for part in _parts(rows, using):
        models.QuerySet(model, using=using).bulk_create(part)


def update(
    model: type[models.Model], rows: Sequence[Any], names: tuple[str, ...], using: str
) -> None:
    """Write the fields ``names`` of ``rows``, which exist in the database ``using``."""
    queryset: models.QuerySet[Any] = models.QuerySet(model, using=using)
    features = connections[using].features
    if connections[using].vendor == "sqlite":
        _run_for_each(*_update_statement(model, names), rows, using)
    elif features.supports_update_conflicts:
        # An upsert is the one statement that gives each row values of its own.
        target = ["pk"] if features.supports_update_conflicts_with_target else None
        for part in _parts([_outline(row, names) for row in rows], using):
            queryset.bulk_create(
                part, update_conflicts=True, update_fields=names, unique_fields=target
            )
    else:
        queryset.bulk_update(rows, names, batch_size=100)


def may_repeat(alias: str) -> bool:
    """
    Say whether a write that failed can be tried again: not in the caller's transaction.

    Have a connection that the error has broken be made anew. A sound one stays as it
    is: the caller may be in the middle of reading from it.
    """
    connection = connections[alias]
    if connection.in_atomic_block:
        return False
    if connection.connection is None:
        return True
    if not connection.get_autocommit():
        return False
    if connection.errors_occurred and not connection.is_usable():
        connection.close()
    return True


def _outline(row: Any, names: Sequence[str]) -> Any:
    """Return a row that has only what an update needs, and no large texts."""
    return type(row)(pk=row.pk, **{name: getattr(row, name) for name in names})


@cache
def _insert_statement(model: type[models.Model]) -> tuple[str, list[Any]]:
    """Return the statement for SQLite, and the fields whose values it takes."""
    meta = model._meta
    fields = [f for f in meta.concrete_fields if not isinstance(f, models.AutoField)]
    columns = ", ".join([f'"{field.column}"' for field in fields])
    marks = ", ".join(["%s"] * len(fields))
    return f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({marks})', fields


@cache
def _update_statement(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[str, list[Any]]:
    """Return the statement for SQLite, and the fields whose values it takes."""
    meta = model._meta
    fields: list[Any] = [meta.get_field(name) for name in names]
    pairs = ", ".join([f'"{field.column}" = %s' for field in fields])
    statement = f'UPDATE "{meta.db_table}" SET {pairs} WHERE "{meta.pk.column}" = %s'
    return statement, [*fields, meta.pk]


def _run_for_each(
    statement: str, fields: Sequence[Any], rows: Sequence[Any], using: str
) -> None:
    connection = connections[using]
    values = [
        [
            field.get_db_prep_save(getattr(row, field.attname), connection)
            for field in fields
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _parts(rows: Sequence[Any], using: str) -> Iterator[list[Any]]:
    limit = STATEMENT_SIZE.get(connections[using].vendor, MAX_STATEMENT_SIZE)
    part: list[Any] = []
    size = 0
    for row in rows:
        content = (getattr(row, name, "") for name in ("text_body", "html_body"))
        size_of_row = ROW_SIZE + sum(4 * len(text) for text in content)
        if part and size + size_of_row > limit:
            yield part
            part, size = [], 0
        part.append(row)
        size += size_of_row
    if part:
        yield part
