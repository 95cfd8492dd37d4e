"""A process that makes one thing after another while this one is busy with something else.

What it is: composing holds Python's lock for seconds, and MIDI must not wait for it, so pieces are made in another
process. It is given orders and gives back results in their order; what it raises is raised by `fetch`. It ends with
`close`, and by itself when this process is gone, however that ended. After `lifetime` results another process takes its
place: what a network's compiler made for one shape of piece (30 MB) is never given back.

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
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from composer.errors import ComposerError

Order = TypeVar("Order")
Result = TypeVar("Result")
Outcome = tuple[Any, BaseException | None]
"""What was made, or what was raised."""

LIFETIME = 10  # results of one process
_POLL_SEC = 0.2  # how long Ctrl-C may have to wait where a lock cannot be interrupted
_END_SEC = 2.0  # what it may take the process to leave what it is doing; compiling for the network, it does not hear
_NICENESS = 5  # below whoever plays what was made
_NO_MORE = object()


class Workshop(Generic[Order, Result]):
    """Makes things in another process; a context that ends it."""

    def __init__(self, make: Callable[[Order], Result], *, lifetime: int = LIFETIME) -> None:
        """Take what makes a result of an order; both, and the function itself, can be pickled."""
        self._make = make
        self._lifetime = lifetime
        self._orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._is_closed = False
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Workshop[Order, Result]:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def order(self, order: Order) -> None:
        """Ask for something; orders wait for each other."""
        self._orders.put(order)

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
        with self._starting:
            self._is_closed = True
        self._orders.put(_NO_MORE)
        if self._process is not None:
            self._process.terminate()
            self._process.join(_END_SEC)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._thread.join()

    def _serve(self) -> None:
        """Hand orders to the process one by one, and keep its results; in a thread."""
        line: Connection[Any, Any] | None = None
        num_made = 0
        while (order := self._orders.get()) is not _NO_MORE:
            if line is None or num_made == self._lifetime:
                line, num_made = self._started(line), 0
            if line is None:
                return
            try:
                line.send(order)
                self._results.put(line.recv())
                num_made += 1
            except (EOFError, OSError):
                line = None
                self._results.put((None, ComposerError("the process that composes has ended")))

    def _started(self, line: Connection[Any, Any] | None) -> Connection[Any, Any] | None:
        """Let a new process take the place of the one behind `line`; None: there shall be none any more."""
        if line is not None and self._process is not None:
            line.close()
            self._process.join()
        with self._starting:
            if self._is_closed:
                return None
            _block_interrupt()
            context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
            here, there = context.Pipe()
            self._process = context.Process(target=_work, args=(there, self._make), name="workshop", daemon=True)
            self._process.start()
            there.close()
            return here


def _block_interrupt() -> None:
    """Keep Ctrl-C from this thread, and so from the processes that it starts, from their first line on."""
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # the first start of a process would start it, and lift the block again
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _work(line: Connection[Any, Any], make: Callable[[Any], Any]) -> None:
    """Make what is ordered until nobody orders any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the other one ends this one
    signal.signal(signal.SIGTERM, _leave)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    with contextlib.suppress(EOFError, OSError):
        while True:
            order = line.recv()
            outcome: Outcome
            try:
                outcome = make(order), None
            except Exception as error:  # it is raised where the result is asked for
                if not isinstance(error, ComposerError):
                    error.add_note(f"in the workshop:\n{traceback.format_exc()}")
                outcome = None, error
            line.send(outcome)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit  # unlike a signal's own way, it lets an open file be taken away again
