"""New databases that exist while a benchmark runs, and Django set up to use them."""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from measuring import ROOT

__all__ = [
    "SQLITE",
    "Router",
    "add_database_option",
    "chosen_databases",
    "recorded_queries",
    "scratch_database",
    "server_version",
    "set_up",
]

SQLITE = "sqlite://"
SERVERS = (
    "postgres://postgres@127.0.0.1:5432/test",
    "mysql://root@127.0.0.1:3306/test",
)


class Router:
    """Send every query to the database that is measured now."""

    current: str | None = None

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Return its alias."""
        return self.current

    db_for_write = db_for_read


def add_database_option(parser: argparse.ArgumentParser) -> None:
    """Let the user choose the databases."""
    parser.add_argument(
        "--database",
        action="append",
        metavar="URL",
        help="a database server, written as in DATABASE_URL; may be repeated. New"
        " databases are created beside the one that it names, and dropped at the end"
        f" (default: {SQLITE} {' '.join(SERVERS)}; with --quick, SQLite alone)",
    )


def chosen_databases(options: argparse.Namespace) -> list[str]:
    """Return the URLs that the user chose, or the default ones."""
    if options.database:
        return list(options.database)
    # A quick run needs no server.
    return [SQLITE] if options.quick else [SQLITE, *SERVERS]


def set_up(urls: Mapping[str, str], folder: str, **more: Any) -> None:
    """
    Set Django up with the site of the tests and a new database for each alias.

    ``folder`` is where the files of SQLite are put; ``more`` are other settings.
    """
    import django
    from django.conf import settings

    sys.path.insert(0, str(ROOT))
    from tests import settings as site

    values = {name: getattr(site, name) for name in dir(site) if name.isupper()}
    databases = {alias: _new_database(url, folder) for alias, url in urls.items()}
    values.update(
        ALLOWED_HOSTS=["testserver"],
        # No query can go to a database that is not measured.
        DATABASES={"default": {}, **databases},
        DATABASE_ROUTERS=[Router()],
        **more,
    )
    settings.configure(**values)
    django.setup()


def _new_database(url: str, folder: str) -> dict[str, Any]:
    import dj_database_url

    name = f"directmail_benchmark_{secrets.token_hex(4)}"
    if url.startswith("sqlite"):
        name = os.path.join(folder, f"{name}.sqlite3")
    charset = "utf8mb4" if url.startswith("mysql") else None
    database = dj_database_url.parse(url, conn_max_age=None)
    return {**database, "TEST": {"NAME": name, "CHARSET": charset}}


@contextlib.contextmanager
def scratch_database(alias: str) -> Iterator[None]:
    """Create the database of ``alias`` with all its tables, and drop it at the end."""
    from django.db import connections

    connection = connections[alias]
    real_name = connection.settings_dict["NAME"]
    Router.current = alias
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        Router.current = alias
        connection.creation.destroy_test_db(real_name, verbosity=0)


@contextlib.contextmanager
def recorded_queries(alias: str) -> Iterator[list[str]]:
    """Yield a list that gets the SQL of each query."""
    from django.db import connections

    found: list[str] = []

    def record(execute: Any, sql: str, *rest: Any) -> Any:
        found.append(sql)
        return execute(sql, *rest)

    with connections[alias].execute_wrapper(record):
        yield found


def server_version(alias: str) -> str:
    """Return name and version of the server, as in ``PostgreSQL 15.20``."""
    from django.db import connections

    connection = connections[alias]
    is_mariadb = getattr(connection, "mysql_is_mariadb", False)
    name = "MariaDB" if is_mariadb else connection.display_name
    return f"{name} {'.'.join(map(str, connection.get_database_version()))}"
