"""
Look for input that breaks a property: ``python -m tests.support.fuzz answers``.

The properties are tests, and run with every run of the tests, on a few examples. Here
they run until they fail, on what coverage calls for; ``-max_total_time=300`` and the
other options of libFuzzer are passed on. atheris is no dependency of the tests:
install it for Python 3.11 to 3.13.
"""

import importlib
import os
import sys

TARGETS = {
    "answers": ("tests.api.test_responses_hostile", "test_any_answer_"),
    "messages": ("tests.message.test_plan_hostile", "test_any_message_"),
    "redaction": ("tests.api.test_redaction", "test_no_value_of_the_request_"),
    "requests": ("tests.sandbox.test_server_hostile", "test_any_request_"),
}


def find(name):
    """Return the property of that name, as a function of bytes."""
    module, prefix = TARGETS[name]
    found = vars(importlib.import_module(module))
    (test,) = (one for key, one in found.items() if key.startswith(prefix))
    return test.hypothesis.fuzz_one_input


def main():
    """Run the target that the first argument names."""
    import atheris

    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"Name a target: {', '.join(TARGETS)}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["django_directmail"]):
        import django

        django.setup()
        target = find(name)
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
