"""Runs of ``directmail_doctor``, read line by line."""

import io

from django.core.management import CommandError, call_command

__all__ = ["Report", "run"]


class Report(dict):
    """
    What the command printed: the mark and the text of each check, by its name.

    ``all`` has them with their names, also where a check found several things; by its
    name, such a check has the last. ``failed`` is the error in which it ended, ``text``
    all that was printed.
    """

    failed = ""
    text = ""

    def __init__(self):
        self.all = []

    def of(self, name):
        """Return the marks and texts of all that one check found."""
        return [(mark, text) for found, mark, text in self.all if found == name]

    def marks(self):
        """Return the word of each check, in order."""
        return [mark for mark, _ in self.values()]


def run(*arguments, out=None):
    """Run the command and read what it printed."""
    out = out or io.StringIO()
    report = Report()
    try:
        call_command("directmail_doctor", *arguments, stdout=out, no_color=True)
    except CommandError as error:
        report.failed = str(error)
    report.text = out.getvalue()
    for line in report.text.splitlines():
        mark, _, rest = line.lstrip("\u2713\u2717!- ").partition("  ")
        if mark.strip() in ("OK", "WARN", "FAIL", "SKIP"):
            name, _, found = rest.strip().partition(": ")
            report.all.append((name, mark.strip(), found))
        elif line.startswith("   "):
            name, mark, found = report.all.pop()
            report.all.append((name, mark, f"{found} -> {line.strip()}"))
    report.update({name: (mark, found) for name, mark, found in report.all})
    return report
