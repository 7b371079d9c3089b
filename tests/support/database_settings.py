"""The databases of the tests: ``DATABASE_URL`` names them, else SQLite in memory."""

import os

import dj_database_url

__all__ = ["configured_databases"]


def configured_databases():
    """
    Return ``DATABASES``: a ``default`` and a ``log``, side by side on one server.

    What is in ``log`` survives a rollback of ``default``. Tests that do not mark it
    neither have nor create it.
    """
    default = dj_database_url.parse(
        os.environ.get("DATABASE_URL") or "sqlite://:memory:"
    )
    name = default["NAME"]
    log = {**default, "NAME": name if name == ":memory:" else f"{name}_log"}
    return {"default": _with_test_name(default), "log": _with_test_name(log)}


def _with_test_name(database):
    engine = database["ENGINE"].rpartition(".")[2]
    if engine == "sqlite3":
        return database
    # Several runs may share a server.
    test = {"NAME": f"test_{database['NAME']}_{os.getpid()}"}
    if engine == "mysql":
        test["CHARSET"] = "utf8mb4"
    return {**database, "TEST": test}
