"""Runs of ``directmail_doctor``, read line by line."""

import io

from django.core.management import CommandError, call_command

__all__ = ["Report", "run"]


class Report(dict):
    """
    What the command printed: the mark and the text of each check, by its name.

    ``failed`` is the error in which it ended, ``text`` all that it printed.
    """

    failed = ""
    text = ""

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
            report[name] = (mark.strip(), found)
        elif line.startswith("   "):
            report[name] = (report[name][0], f"{report[name][1]} -> {line.strip()}")
    return report
