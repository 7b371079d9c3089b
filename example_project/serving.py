"""The site, its database and the stop signal, for ``demo`` and for ``run``."""

import contextlib
import io
import signal
import threading

import django
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import CommandError, call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections

HOST = "127.0.0.1"


class Problem(Exception):
    """Ends the program; its text is shown to the user."""


class Stop:
    """
    Remembers that the program was asked to stop, by Ctrl+C or ``kill``.

    Otherwise Ctrl+C raises an exception at any line, for example between the start of a
    process and the line that registers its end. A second Ctrl+C ends the program at
    once.
    """

    def __init__(self):
        self.wanted = False
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._note)

    def _note(self, number, frame):
        self.wanted = True
        signal.signal(number, signal.SIG_DFL)

    def check(self):
        """Raise :exc:`KeyboardInterrupt` if the program was asked to stop."""
        if self.wanted:
            raise KeyboardInterrupt


class Site:
    """
    The website in a thread of its own; ``port`` 0 picks a free one.

    Raise :exc:`OSError` if the port is in use.
    """

    def __init__(self, port=0):
        self._server = ThreadedWSGIServer((HOST, port), WSGIRequestHandler)
        self._thread = None
        self.url = f"http://{HOST}:{self._server.server_port}"

    def start(self):
        """Serve; Django must be set up by now."""
        self._server.set_app(StaticFilesHandler(get_wsgi_application()))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="site", daemon=True
        )
        self._thread.start()

    def stop(self):
        """Close the port."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


@contextlib.contextmanager
def prepared_database():
    """Set Django up, check the settings, migrate the database; close it at the end."""
    django.setup()
    try:
        call_command("check", stdout=io.StringIO())
        call_command("migrate", verbosity=0)
        yield
    except CommandError as error:
        raise Problem(str(error)) from None
    finally:
        connections.close_all()
