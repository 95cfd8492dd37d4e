"""Map a function over many items on all cores, or on the cluster that the caller has put in force.

By default the work is done by joblib's own processes (loky), which start fresh and import only what the function needs.
Inside `with on_cluster(ADDRESS)`, or any `with joblib.parallel_config(backend=…)`, the backend named there does it:
`"dask"`, `"ray"`, `"threading"`; see docs/large-collections.md. The function must then be importable by the workers (a
module's function, or a `functools.partial` of one), and items and results must be picklable.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Generic, TypeVar

import joblib
from joblib.parallel import BACKENDS, DEFAULT_BACKEND, get_active_backend

from composer.errors import ComposerError, OptionError

T = TypeVar("T")
R = TypeVar("R")

_FEW = 8  # items; starting processes (a second or so) does not pay for fewer
_ROUND = 32  # items for each worker that are given out, and whose results may wait, at once
_CONNECT_SEC = 10
_WATCH_SEC = 1.0


def parallel_map(
    function: Callable[[T], R], items: Iterable[T], *, workers: int | None = None, few: int = _FEW
) -> Iterator[R]:
    """Yield `function(item)` of each item, in their order, as they are asked for.

    Items are taken, and results wait, in rounds of some dozens a worker: neither the list of items nor the results need
    to fit into memory. Giving up the iteration, by Ctrl-C too, stops the workers; they also end when this process is
    killed.

    Args:
        function: called in another process, perhaps on another machine.
        items: any number.
        workers: how many at once; 1 runs everything here. Default: as many as `joblib.parallel_config` says, else one
            for each core that this process may use. A cluster uses all its workers whatever is said here.
        few: fewer items than this are not worth starting processes for: they run here, unless the caller has put
            another backend in force.

    Raises:
        ComposerError: of the first item whose function raised one, as it is; other exceptions likewise, with the
            worker's traceback as a note.
    """
    is_local = works_here()
    asked = get_active_backend()[1]
    count = workers or asked or -1
    rest = iter(items)
    head = list(islice(rest, few))
    if count == 1 or (is_local and (len(head) < few or joblib.effective_n_jobs(count) == 1)):
        yield from map(function, chain(head, rest))
        return
    with _parallel(count, is_local=is_local) as parallel:
        call = partial(_call, function)
        everything = chain(head, rest)
        size = _ROUND * max(1, joblib.effective_n_jobs(count))
        while batch := list(islice(everything, size)):
            outcomes = parallel(joblib.delayed(call)(item) for item in batch)
            try:
                for outcome in outcomes:
                    if outcome.error is not None:
                        raise outcome.error
                    yield outcome.value
            finally:
                batch.clear()  # nothing more is given out
                _close(outcomes)


def works_here() -> bool:
    """Return whether `parallel_map` does its work by processes of its own: no other backend is in force."""
    return isinstance(get_active_backend()[0], BACKENDS[DEFAULT_BACKEND])


@contextmanager
def on_cluster(address: str) -> Iterator[None]:
    """Let the workers of a Dask cluster do what `parallel_map` is given inside.

    Args:
        address: of its scheduler: `tcp://HOST:8786`.

    Raises:
        OptionError: nothing answers there, or the package `distributed` is missing.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise OptionError(
            "a cluster needs the package distributed", mend="pip install 'ritornello[cluster]'"
        ) from error
    try:
        client = Client(address, timeout=_CONNECT_SEC, set_as_default=False)
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError
        raise OptionError(
            f'no cluster answers at "{address}"', mend="the address of a Dask scheduler, such as tcp://localhost:8786"
        ) from error
    with client, joblib.parallel_config(backend="dask", client=client):
        yield


@dataclass(frozen=True)
class _Outcome(Generic[R]):
    """What one call came to: backends differ in how, and whether, they hand on an exception; a value always comes."""

    value: R
    error: Exception | None = None


def _call(function: Callable[[T], R], item: T) -> _Outcome[Any]:
    try:
        return _Outcome(function(item))
    except Exception as error:
        if not isinstance(error, ComposerError):
            error.add_note(f"in a worker:\n{traceback.format_exc()}")
        return _Outcome(None, error)


def _end_with(parent: int) -> None:
    """See to it, when a worker starts, that it ends when its parent does: loky's would wait for work for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SEC)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _parallel(count: int, *, is_local: bool) -> joblib.Parallel:
    watched = {"initializer": _end_with, "initargs": (os.getpid(),)} if is_local else {}
    # No memory maps: items are small, and a worker of a cluster would not see the file.
    try:
        return joblib.Parallel(n_jobs=count, return_as="generator", max_nbytes=None, **watched)
    except ValueError:  # a backend that can only return lists: multiprocessing, Ray
        return joblib.Parallel(n_jobs=count, max_nbytes=None)


def _close(outcomes: Iterable[object]) -> None:
    """Cancel what has not been asked for, where the backend gives results one by one."""
    if isinstance(outcomes, Generator):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that work was in vain: it was the caller's wish
            outcomes.close()
