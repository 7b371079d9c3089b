"""What anybody may get to see of an exception."""

import pickle
import traceback
from pathlib import Path

import django_directmail

PACKAGE = str(Path(django_directmail.__file__).parent)


def everything_shown(error, *, package_only=False):
    """
    Return all texts in which ``error`` may be shown, logged or stored.

    They include the variables of all frames, as error reports have them;
    ``package_only`` leaves out those of frames outside of the package.
    """
    seen = []
    for link in _chain(error):
        report = traceback.TracebackException.from_exception(link, capture_locals=True)
        report.stack[:] = [
            frame
            for frame in report.stack
            if not package_only or frame.filename.startswith(PACKAGE)
        ]
        seen += report.format()
        seen += traceback.format_exception(link)
        seen += [str(link), repr(link), repr(link.args), repr(vars(link))]
        seen.append(pickle.dumps(link).decode("latin-1"))
    return "\n".join(seen)


def _chain(error):
    links = []
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and link not in links:
            links.append(link)
            waiting += [link.__cause__, link.__context__]
    return links
