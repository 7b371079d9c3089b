"""A process that is killed at any moment leaves a log that tells no lie."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).parents[2]
ROUNDS, COUNT = 50, 24
#: Calls of one list, and more: some of the processes end before their time.
LATEST = COUNT + 3

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="This system cannot fork"
)


class Reaper:
    """Kills a process in the moment in which its call of a certain number comes in."""

    def __init__(self, sandbox):
        self._changed = threading.Condition()
        self._calls = 0
        sandbox.on_call = self._count

    def _count(self, http):
        with self._changed:
            self._calls += 1
            self._changed.notify_all()

    def expect(self):
        """Begin to count anew."""
        with self._changed:
            self._calls = 0

    def kill(self, process, call):
        """Kill ``process`` once so many of its calls came in."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._calls >= call, 60)
        os.kill(process, signal.SIGKILL)


@pytest.mark.django_db(transaction=True)
def test_fifty_killed_processes_lose_nothing_and_send_nothing_twice(outbox, tmp_path):
    outbox.mailbox.capacity = 2 * ROUNDS * COUNT
    rng = random.Random(4711)
    reaper = Reaper(outbox)
    url = os.environ.get("DATABASE_URL")
    if connection.vendor == "sqlite":
        url = f"sqlite:///{tmp_path / 'log.sqlite3'}"
    else:
        # The one that the test runner made.
        base, _, _ = url.rpartition("/")
        url = f"{base}/{connection.settings_dict['NAME']}"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.killed_process", outbox.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
    ) as mother:
        for number in range(ROUNDS):
            reaper.expect()
            mother.stdin.write(f"{number} {COUNT}\n")
            mother.stdin.flush()
            child = int(mother.stdout.readline())
            call = rng.randint(1, LATEST)
            if call <= COUNT:
                reaper.kill(child, call)
            assert mother.stdout.readline() == "gone\n"
        log, _ = mother.communicate(timeout=120)

    rows = {row["subject"]: row for row in json.loads(log)}
    arrived = Counter(mail.subject for mail in outbox.mails)
    ids = {mail.subject: mail.env_id for mail in outbox.mails}
    # Each mail is there once at most, and in the log if it is there.
    assert set(arrived.values()) == {1}
    assert set(arrived) <= set(rows)
    assert len(rows) % COUNT == 0
    for subject, row in rows.items():
        assert (row["status"], row["accepted"]) in {
            ("accepted", "yes"),
            ("unconfirmed", "unknown"),
        }, row
        if row["status"] == "accepted":
            assert row["env_id"] == ids[subject]
    statuses = {row["status"] for row in rows.values()}
    assert statuses == {"accepted", "unconfirmed"}
