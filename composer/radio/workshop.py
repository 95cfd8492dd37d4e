"""A process that makes one thing after another while this one is busy with something else.

What it is: composing holds Python's lock for seconds, and MIDI must not wait for it, so pieces are made in another
process. It is given orders and gives back results in their order; what it raises is raised by `fetch`. It ends with
`close`, and by itself when this process is gone, however that ended.

Contents: `Workshop`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from composer.errors import ComposerError

Order = TypeVar("Order")
Result = TypeVar("Result")

_POLL_SEC = 0.2  # how long Ctrl-C may have to wait where a lock cannot be interrupted
_END_SEC = 5.0  # what it may take the process to leave what it is doing
_NICENESS = 5  # below whoever plays what was made


class Workshop(Generic[Order, Result]):
    """Makes things in another process; a context that ends it."""

    def __init__(self, make: Callable[[Order], Result]) -> None:
        """Start the process.

        Args:
            make: what makes a result of an order; both, and the function itself, can be pickled.
        """
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        here, there = context.Pipe()
        self._orders: Connection[Any, Any] = here
        self._results: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._process = context.Process(target=_work, args=(there, make), name="workshop", daemon=True)
        with _without_interrupt():
            self._process.start()
        there.close()
        # Results wait here and not in the pipe, which would hold up the process with the first large one.
        threading.Thread(target=self._receive, daemon=True).start()

    def __enter__(self) -> Workshop[Order, Result]:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def order(self, order: Order) -> None:
        """Ask for something; orders wait for each other."""
        with contextlib.suppress(OSError):  # it has ended: `fetch` tells
            self._orders.send(order)

    def fetch(self) -> Result:
        """Wait for the next result, in the order of the orders.

        Raises:
            ComposerError: the process has ended; besides, whatever `make` raised.
        """
        while True:
            with contextlib.suppress(queue.Empty):
                value, error = self._results.get(timeout=_POLL_SEC)
                if error is not None:
                    raise error
                result: Result = value
                return result

    def close(self) -> None:
        """End the process: what it was making is left, and no file of it stays half written."""
        self._process.terminate()
        self._process.join(_END_SEC)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _receive(self) -> None:
        while True:
            try:
                self._results.put(self._orders.recv())
            except (EOFError, OSError):
                self._results.put((None, ComposerError("the process that composes has ended")))
                return


def _work(orders: Connection[Any, Any], make: Callable[[Any], Any]) -> None:
    """Make what is ordered until nobody orders any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the other one ends this one
    signal.signal(signal.SIGTERM, _leave)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    with contextlib.suppress(EOFError, OSError):
        while True:
            order = orders.recv()
            outcome: tuple[Any, Exception | None]
            try:
                outcome = make(order), None
            except Exception as error:  # it is raised where the result is asked for
                if not isinstance(error, ComposerError):
                    error.add_note(f"in the workshop:\n{traceback.format_exc()}")
                outcome = None, error
            orders.send(outcome)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit  # unlike a signal's own way, it lets an open file be taken away again


@contextlib.contextmanager
def _without_interrupt() -> Iterator[None]:
    """Let a process be started that Ctrl-C does not reach, not even before its first line."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
