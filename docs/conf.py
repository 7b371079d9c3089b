"""How Sphinx builds these pages."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from django_directmail import __version__  # noqa: E402

project = "django_directmail"
author = "The django_directmail maintainers"
copyright = f"2026, {author}"
version = release = __version__
html_theme = "furo"
html_title = f"{project} {version}"
exclude_patterns = ["_build"]
