"""
Count how often one ``send_mail()`` goes from one room of the package to another.

A room is what stands at the top of the package: a folder with all that is in it, or a
module. The fewer moves, the fewer places somebody has to read who follows a mail.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from measuring import ROOT, Report, Table, Target, command_line, finish, work
from scratch_databases import SQLITE, scratch_database, set_up
from senders import KEY, PARAGRAPH
from servers import serve

SETUP = """\
One ``send_mail()`` with the log on, on SQLite, after one that does not count; all
threads. *Calls*: how often Python enters a function of the package, or a generator of
it again. *Moves*: how often it enters or leaves one in another room than the time
before, in the same thread. *Files*: in how many files these functions are. What is
outside the package does not count.
"""
MAX_MOVES, MAX_CALLS = 60, 400
PACKAGE = ROOT / "django_directmail"


class Tally:
    """Counts calls and moves while ``is_counting``; ``note`` is a profile function."""

    def __init__(self) -> None:
        self.is_counting = False
        self.calls = 0
        self.moves: Counter[tuple[str, str]] = Counter()
        self.files: set[str] = set()
        self._rooms: dict[str, str | None] = {}
        self._thread = threading.local()

    def note(self, frame: FrameType, event: str, argument: Any) -> None:
        """Count one event of ``sys.setprofile``."""
        if not self.is_counting or event not in ("call", "return"):
            return
        file = frame.f_code.co_filename
        if file not in self._rooms:
            self._rooms[file] = room_of(file)
        room = self._rooms[file]
        if room is None:
            return
        self.calls += event == "call"
        self.files.add(file)
        before = getattr(self._thread, "room", room)
        if before != room:
            self.moves[before, room] += 1
        self._thread.room = room


def room_of(file: str) -> str | None:
    """Return the room that ``file`` is in, or ``None`` outside the package."""
    path = Path(file)
    if not path.is_relative_to(PACKAGE):
        return None
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def measure(url: str) -> dict[str, Any]:
    """Send two mails in this process, and return what the second one did."""
    with tempfile.TemporaryDirectory() as folder:
        set_up({"log": SQLITE}, folder, **mailer_settings(url))
        with scratch_database("log"):
            tally = Tally()
            # Before the first mail, whose threads may still be there for the second.
            threading.setprofile(tally.note)
            send()
            tally.is_counting = True
            sys.setprofile(tally.note)
            send()
            sys.setprofile(None)
            tally.is_counting = False
    moves = [[*pair, count] for pair, count in tally.moves.most_common()]
    return {"calls": tally.calls, "moves": moves, "files": len(tally.files)}


def mailer_settings(url: str) -> dict[str, Any]:
    """Return the settings that make DirectMail the default mailer, on any Django."""
    import django

    keys = {name.upper(): value for name, value in KEY.items()}
    settings: dict[str, Any] = {"DIRECTMAIL": {**keys, "ENDPOINT": url}}
    # The site of the tests has ``MAILERS`` where Django knows it.
    if django.VERSION < (6, 1):
        settings["EMAIL_BACKEND"] = "django_directmail.backends.EmailBackend"
    return settings


def send() -> None:
    """Send one mail as most sites do."""
    from django.core.mail import send_mail

    assert send_mail("Order", PARAGRAPH, None, ["customer@example.net"]) == 1


def make(*, detail: bool) -> Report:
    """Count, and put the figures into tables."""
    with serve("http") as url:
        found = work("room_moves.py", "--worker", url)
    moves = sum(count for _, _, count in found["moves"])
    figures = {"calls": found["calls"], "moves": moves, "files": found["files"]}
    tables = [Table(["One mail", "count"], [[n, str(c)] for n, c in figures.items()])]
    if detail:
        rows = [[f"{one} -> {other}", str(n)] for one, other, n in found["moves"]]
        tables.append(Table(["From room to room", "moves"], rows))
    targets = [
        Target("Moves of one mail", "at most", MAX_MOVES, moves),
        Target("Calls of one mail", "at most", MAX_CALLS, found["calls"]),
    ]
    return Report("Moves between rooms", SETUP, tables, targets, figures)


def main() -> int:
    """Count what the options say; return the exit status."""
    parser = command_line(__doc__)
    parser.add_argument(
        "--detail", action="store_true", help="print the moves of each pair of rooms"
    )
    options = parser.parse_args()
    return finish(make(detail=options.detail), options)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(measure(sys.argv[2])))
    else:
        sys.exit(main())
