"""
Write the table of error codes: ``python docs/error_codes.py``.

It comes from the rules of the package, so that the page cannot say anything else. A
test fails where the written file is not what this makes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from django_directmail.api.error_codes import RULES  # noqa: E402

TARGET = Path(__file__).with_name("error-codes.inc")
HEAD = """\
.. Made by docs/error_codes.py; do not edit.

.. list-table::
   :header-rows: 1

   * - Code
     - Exception
     - ``accepted``
     - ``retryable``
     - What to do
"""


def render():
    """Return the table as reStructuredText, in the order of the rules."""
    rows = [
        f"   * - ``{code}``\n"
        f"     - ``{rule.error.__name__}``\n"
        f"     - ``{rule.accepted}``\n"
        f"     - {'yes' if rule.retryable else 'no'}\n"
        f"     - {rule.remedy}\n"
        for code, rule in RULES.items()
    ]
    return HEAD + "".join(rows)


if __name__ == "__main__":
    TARGET.write_text(render())
