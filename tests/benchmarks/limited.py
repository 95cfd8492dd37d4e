"""Run many small jobs in child processes that may neither hang, die nor eat the machine without being told of.

What it is: each worker is forked, so that it has the parent's modules and data; it gets a limit on its memory and, for
each job, on its time. A worker that dies or does not answer is replaced, and its job told as lost.

Conventions: seconds are of the processor (a busy machine is no fault of a reader); only a worker that gives no answer
at all is judged by the clock. Memory is the resident peak of the whole process, the interpreter and its modules
included; the limit itself is set on RLIMIT_DATA, which counts what a process allocates, not the libraries it maps.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType
from typing import Any

PATIENCE = 20  # a worker is given up after so many times the limit, by the clock


class TooLateError(BaseException):
    """The time of a job is over; no `except Exception` holds it up."""


@dataclass(frozen=True)
class Done:
    """What became of a job.

    Attributes:
        job: its number.
        answer: of the function; None where it did not come to an end.
        fault: `late`, `memory`, `died`, or the class and text of what was raised; empty where all is well.
        cpu_sec: of the processor.
        peak_bytes: the most memory that was resident during the job.
    """

    job: int
    answer: Any
    fault: str
    cpu_sec: float
    peak_bytes: int


def run_jobs(
    jobs: Sequence[int],
    prepare: Callable[[int], Any],
    function: Callable[[Any], Any],
    *,
    workers: int,
    limit_sec: float,
    limit_bytes: int,
) -> Iterator[Done]:
    """Call `function(prepare(job))` for each job, in child processes.

    Args:
        jobs: their numbers.
        prepare: what a job needs, of its number; its time is not counted.
        function: the job itself; its answer must be small and can be pickled.
        workers: processes side by side.
        limit_sec: for one job.
        limit_bytes: for one process, in all.

    Yields:
        What became of each job, in the order in which they end.
    """
    context = multiprocessing.get_context("fork")
    waiting = iter(jobs)
    crew: dict[Connection, tuple[ForkProcess, int, float]] = {}  # -> process, job, since when

    def hire() -> None:
        job = next(waiting, None)
        if job is None:
            return
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, prepare, function, limit_sec, limit_bytes), daemon=True)
        process.start()
        theirs.close()
        ours.send(job)
        crew[ours] = (process, job, time.monotonic())

    for _ in range(workers):
        hire()
    while crew:
        for ready in multiprocessing.connection.wait(list(crew), timeout=1.0):
            assert isinstance(ready, Connection)
            process, job, _ = crew.pop(ready)
            try:
                yield ready.recv()
            except EOFError:
                process.join()
                yield Done(job, None, f"died (exit code {process.exitcode})", 0.0, 0)
                hire()
                continue
            following = next(waiting, None)
            if following is None:
                ready.send(None)  # closing would not tell: later workers hold copies of this end
                ready.close()
                process.join()
            else:
                ready.send(following)
                crew[ready] = (process, following, time.monotonic())
        for connection, (process, job, since) in list(crew.items()):
            if time.monotonic() - since > PATIENCE * limit_sec:
                del crew[connection]
                process.kill()
                process.join()
                yield Done(job, None, "late (no answer)", PATIENCE * limit_sec, 0)
                hire()


def _work(
    connection: Connection,
    prepare: Callable[[int], Any],
    function: Callable[[Any], Any],
    limit_sec: float,
    limit_bytes: int,
) -> None:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooLateError

    signal.signal(signal.SIGPROF, ring)
    while (job := connection.recv()) is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        prepared = prepare(job)
        resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, resource.RLIM_INFINITY))
        _forget_peak()
        answer, fault = None, ""
        start = time.process_time()
        try:
            signal.setitimer(signal.ITIMER_PROF, limit_sec, 0.5)  # again and again, should it be swallowed
            answer = function(prepared)
        except TooLateError:
            fault = "late"
        except MemoryError:
            fault = "memory"
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"[:300]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        connection.send(Done(job, answer, fault, time.process_time() - start, _peak_bytes()))


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 0
