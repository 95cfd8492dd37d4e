"""Facts about mapping over many items: in order, lazily, on whatever does the work, and stopped at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count, islice
from operator import mul

import joblib
import pytest

from composer.errors import MusicFileError, Place
from composer.parallel import parallel_map

# Functions of a test's own travel by value: a worker cannot import this file.


def telling_who() -> Callable[[int], tuple[int, int]]:
    def who(number: int) -> tuple[int, int]:
        time.sleep(0.02 * (number % 3 == 0))  # the first of each three would come last
        return number, os.getpid()

    return who


def failing_at_five(error: Exception) -> Callable[[int], int]:
    def fail_at_five(number: int) -> int:
        if number == 5:
            raise error
        return number

    return fail_at_five


def test_results_come_in_the_order_of_the_items_from_other_processes() -> None:
    results = list(parallel_map(telling_who(), range(20), workers=2))
    assert [number for number, _ in results] == list(range(20))
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.parametrize(("items", "workers"), [(range(20), 1), (range(3), 2), (range(0), None)])
def test_one_worker_or_few_items_need_no_process(items: range, workers: int | None) -> None:
    assert {process for _, process in parallel_map(telling_who(), items, workers=workers)} <= {os.getpid()}


def test_items_are_taken_as_results_are_asked_for() -> None:
    taken = []
    results = parallel_map(partial(mul, 2), (taken.append(number) or number for number in count()), workers=2)
    assert list(islice(results, 100)) == list(range(0, 200, 2))
    assert len(taken) < 200
    results.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_ours_comes_through_as_it_is(workers: int) -> None:
    error = MusicFileError("a broken part", place=Place("a.mid", detail="bar 5"), mend="mend it")
    results = parallel_map(failing_at_five(error), range(20), workers=workers)
    assert list(islice(results, 5)) == list(range(5))
    with pytest.raises(MusicFileError) as caught:
        next(results)
    assert str(caught.value) == "a.mid bar 5: a broken part (mend it)"
    assert caught.value.problems[0].place == Place("a.mid", detail="bar 5")


def test_a_fault_in_a_worker_says_where_it_was() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        list(parallel_map(failing_at_five(ZeroDivisionError()), range(20), workers=2))
    assert "in fail_at_five" in "".join(caught.value.__notes__)


def test_a_backend_that_is_in_force_is_used() -> None:
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert {process for _, process in parallel_map(telling_who(), range(20))} == {os.getpid()}


def test_a_backend_that_gives_lists_only_is_used_too() -> None:
    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
        assert list(parallel_map(partial(mul, 2), range(3))) == [0, 2, 4]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to another process")
@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_the_workers_end_with_the_process_that_asked_them(sent: str) -> None:
    code = (
        # What runs in the background of a shell script is told to ignore Ctrl-C, and hands that on.
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from composer.parallel import parallel_map\n"
        "results = parallel_map(time.sleep, [0.05] * 20 + [600] * 20, workers=2)\n"
        "print(next(results), flush=True); list(results)"
    )
    started = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stdout.readline().strip() == b"None"
    started.send_signal(signal.Signals[sent])
    _, error = started.communicate(timeout=20)  # the pipes close when the last worker has ended
    assert started.returncode != 0
    assert (b"KeyboardInterrupt" in error) == (sent == "SIGINT")
