"""Waits end with the interpreter."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from django_directmail.api.clock import Clock, pause


def test_a_wait_lasts_as_long_as_it_should():
    started = time.monotonic()

    ended_early = pause(0.05)

    assert not ended_early
    assert time.monotonic() - started >= 0.05


def test_no_wait_is_no_time():
    assert not Clock().sleep(0)


def test_an_interpreter_that_ends_does_not_wait_for_a_thread_that_waits():
    script = """if True:
        import threading
        from django_directmail.api.clock import pause
        threading.Thread(target=lambda: print(pause(600), flush=True)).start()
    """

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )

    assert done.stdout == "True\n"


def test_ctrl_c_ends_a_wait_at_once():
    ring = threading.Timer(
        0.05, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)
    )
    ring.start()
    started = time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        pause(600)

    assert time.monotonic() - started < 60
    ring.join()
