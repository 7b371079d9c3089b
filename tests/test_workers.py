"""Jobs of a list, done by threads or by the caller itself."""

import threading
from functools import partial

import pytest

from django_directmail.workers import Threads, Workers


def ours():
    """Return the threads that do jobs at present."""
    threads = threading.enumerate()
    return [thread for thread in threads if thread.name.startswith("directmail_")]


def test_each_job_is_waited_for_once():
    done = []
    workers = Threads(3)

    for n in range(6):
        workers.submit(n, lambda n=n: done.append(n))
    waited_for = [workers.wait() for _ in range(6)]
    workers.finish()

    assert sorted(waited_for) == sorted(done) == list(range(6))
    assert (workers.running, ours()) == (0, [])


def test_there_are_no_more_threads_than_jobs():
    together = threading.Barrier(2)
    workers = Threads(8)

    for n in range(2):
        workers.submit(n, together.wait)
    threads = ours()
    for _ in range(2):
        workers.wait()
    workers.finish()

    assert len(threads) == 2


def test_dismissed_ones_begin_no_other_job():
    begun, others = [], []
    go, both = threading.Event(), threading.Barrier(3)
    workers = Threads(2)

    def block():
        begun.append(threading.current_thread())
        both.wait(30)
        go.wait(30)

    for n in range(2):
        workers.submit(n, block)
    both.wait(30)
    for n in range(2):
        workers.submit(n, partial(others.append, n))
    workers.dismiss()
    go.set()
    for thread in begun:
        thread.join(30)

    assert (others, ours()) == ([], [])


@pytest.mark.parametrize("make", [Workers, lambda: Threads(2)])
def test_what_a_job_raises_is_raised_to_who_waits(make):
    workers = make()

    workers.submit("broken", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        workers.wait()
    workers.finish()


def test_without_threads_a_job_is_done_where_it_is_handed_over():
    threads = []
    workers = Workers()

    workers.submit("job", lambda: threads.append(threading.current_thread()))

    assert threads == [threading.current_thread()]
    assert workers.wait() == "job"
