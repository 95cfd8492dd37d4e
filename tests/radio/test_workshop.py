"""A second process makes things in the order in which they were asked for, and ends without a trace."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from composer.errors import ComposerError, OptionError
from composer.radio import Workshop

# Python's own `eval` is a thing to make that any process can import.
SLOW_WRITER = """exec('''
import os, time
from pathlib import Path
from composer.files import write_all_atomic
def slow(stream):
    stream.write(b"half")
    stream.flush()
    time.sleep(60)
write_all_atomic({{Path({path!r}): slow}})
''', {{}})"""


def wait_for(condition) -> None:
    for _ in range(300):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("not within 15 s")


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_results_come_in_order_and_from_another_process():
    with Workshop(eval) as workshop:
        for number in range(5):
            workshop.order(f"({number}, __import__('os').getpid())")
        results = [workshop.fetch() for _ in range(5)]
        assert [number for number, _ in results] == [0, 1, 2, 3, 4]
        (process_id,) = {process_id for _, process_id in results}
        assert process_id != os.getpid()
    wait_for(lambda: not is_alive(process_id))


def test_large_results_do_not_hold_up_the_work(tmp_path):
    done = tmp_path / "done"
    with Workshop(eval) as workshop:
        workshop.order("b'x' * 5_000_000")
        workshop.order("b'y' * 5_000_000")
        workshop.order(f"__import__('pathlib').Path({str(done)!r}).touch()")
        wait_for(done.exists)  # nothing was fetched yet
        assert len(workshop.fetch()) == 5_000_000


def test_what_goes_wrong_there_is_raised_here_and_the_work_goes_on():
    with Workshop(eval) as workshop:
        workshop.order("1 / 0")
        workshop.order(
            "(_ for _ in ()).throw(__import__('composer.errors').errors.OptionError('no', place='x', mend='yes'))"
        )
        workshop.order("6 * 7")
        with pytest.raises(ZeroDivisionError):
            workshop.fetch()
        with pytest.raises(OptionError) as caught:
            workshop.fetch()
        assert str(caught.value) == "x: no (yes)"
        assert caught.value.problems[0].mend == "yes"
        assert workshop.fetch() == 42
        workshop.order("__import__('os')._exit(3)")
        with pytest.raises(ComposerError, match="the process that composes has ended"):
            workshop.fetch()
        workshop.order("6 * 7")
        assert workshop.fetch() == 42, "another process took its place"


def test_a_process_is_replaced_when_it_is_worn():
    with Workshop(eval, lifetime=2) as workshop:
        for _ in range(4):
            workshop.order("__import__('os').getpid()")
        first, second, third, fourth = (workshop.fetch() for _ in range(4))
    assert first == second != third == fourth
    assert not is_alive(first)


def test_one_that_nobody_asked_for_anything_ends_too():
    with Workshop(eval):
        pass


def test_the_end_leaves_no_half_file_and_the_older_one(tmp_path: Path):
    path = tmp_path / "piece-001.mid"
    path.write_bytes(b"old")
    with Workshop(eval) as workshop:
        workshop.order(SLOW_WRITER.format(path=str(path)))
        wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        started = time.monotonic()
    assert time.monotonic() - started < 4.0
    assert [one.name for one in tmp_path.iterdir()] == ["piece-001.mid"]
    assert path.read_bytes() == b"old"
