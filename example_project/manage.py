"""Runs Django's commands for the example site."""

import os
import sys


def main():
    """Run the command of the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "website.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.exit(f"{error}. Install the package first: pip install -e .")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
