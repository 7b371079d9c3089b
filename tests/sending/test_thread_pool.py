"""Jobs of a list, done by threads or by the caller itself."""

import threading
from functools import partial

import pytest

from django_directmail.sending.thread_pool import Threads, Workers


def job(do):
    """Return a job that calls ``do``, and leaves a note that does nothing."""

    def run():
        do()
        return lambda: None

    return run


def ours():
    """Return the threads that do jobs at present."""
    threads = threading.enumerate()
    return [thread for thread in threads if thread.name.startswith("directmail_")]


def test_each_job_is_waited_for_once():
    done = []
    workers = Threads(3)

    for n in range(6):
        workers.submit(n, job(partial(done.append, n)))
    waited_for = [workers.wait()[0] for _ in range(6)]
    workers.finish()

    assert sorted(waited_for) == sorted(done) == list(range(6))
    assert (workers.running, ours()) == (0, [])


@pytest.mark.parametrize(("number", "jobs"), [(8, 2), (3, 6), (8, 8)])
def test_jobs_that_wait_are_done_together(number, jobs):
    together = min(number, jobs)
    barrier = threading.Barrier(together)
    most = []
    workers = Threads(number)

    def wait():
        # Goes on when so many are there, or else not at all.
        barrier.wait(30)
        most.append(len(ours()))

    for n in range(jobs):
        workers.submit(n, job(wait))
    for _ in range(jobs):
        workers.wait()
    workers.finish()

    assert set(most) == {together}


def test_dismissed_ones_begin_no_other_job():
    others = []
    begun, go = threading.Event(), threading.Event()
    workers = Threads(1)

    def block():
        begun.set()
        go.wait(30)

    workers.submit("long", job(block))
    begun.wait(30)
    (thread,) = ours()
    for n in range(2):
        workers.submit(n, job(partial(others.append, n)))
    workers.dismiss()
    go.set()
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

    workers.submit("job", job(lambda: threads.append(threading.current_thread())))

    assert threads == [threading.current_thread()]
    assert workers.wait()[0] == "job"
