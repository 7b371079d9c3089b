"""
The Chinese catalog, brought up to date: ``python -m tests.support.catalog``.

It adds the texts that are new, drops those that are gone, marks those that have changed
as fuzzy, and compiles. Translate what is empty or fuzzy, and run it again. A test fails
where the catalog is not what this makes.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["CATALOG", "PACKAGE", "TOOLS", "update"]

PACKAGE = Path(__file__).parents[2] / "django_directmail"
#: The catalog within the package, and gettext's programs that make it.
CATALOG = Path("locale/zh_Hans/LC_MESSAGES/django.po")
TOOLS = ("xgettext", "msguniq", "msgmerge", "msgattrib", "msgfmt")


def update(package):
    """Bring the catalog of the package in the folder ``package`` up to date."""
    # Isolated: beside the package's own statistics.py, Python would not find its own.
    command = [sys.executable, "-I", "-m", "django", "makemessages", "--locale=zh_Hans"]
    command += ["--add-location=file", "--no-obsolete", "--verbosity=0"]
    # It needs no settings, and could not import these from there.
    environment = {**os.environ}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(command, cwd=package, env=environment, check=True)
    catalog = package / CATALOG
    # Otherwise each run would change it, whether a text has changed or not.
    text = re.sub(r'"POT-Creation-Date: .*\n', "", catalog.read_text("utf-8"))
    catalog.write_text(text, "utf-8", newline="\n")
    compiled = catalog.with_suffix(".mo")
    command = ["msgfmt", "--check", f"--output-file={compiled.name}", catalog.name]
    subprocess.run(command, cwd=catalog.parent, check=True)


if __name__ == "__main__":
    update(PACKAGE)
