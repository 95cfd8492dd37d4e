"""Start Keras and its backend without their start-up notes on the user's terminal.

What it is: `start_backend` is called before the first import of Keras or TensorFlow wherever a network is about to
be used; `backend_words` names what runs. TensorFlow writes to file descriptor 2 while it is imported and while it looks
for GPUs, whatever its own settings say ("WARNING: All log messages before absl::InitializeLog() …", oneDNN, cuInit), so
the descriptor itself is turned aside for just that long. What it said goes to our logger (`-vv` shows it), or back to
stderr when the start fails.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from typing import BinaryIO

LOGGER = logging.getLogger(__name__)
STDERR = 2  # the file descriptor, whatever sys.stderr is


def start_backend() -> None:
    """Import Keras with its backend and let the backend find its devices, in silence; nothing where that was done.

    Raises:
        ImportError: Keras or its backend is not installed, or broken; what it said stands on stderr.
    """
    if "keras" in sys.modules:
        return
    # 2: warnings of the run itself stay unsaid too, errors are told. A user who wants them all sets the variable.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _stderr_aside():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.list_physical_devices()


def backend_words(device: str) -> str:
    """Return where a network runs and the versions that byte identity depends on: "cpu (x86_64), Keras 3.15.1 on …".

    Args:
        device: `cpu` or `gpu`, as `device_name` gives it.
    """
    import keras

    backend = keras.backend.backend()
    return f"{device} ({platform.machine()}), Keras {keras.__version__} on {backend} {version(backend)}"


@contextlib.contextmanager
def _stderr_aside() -> Iterator[None]:
    """Turn what is written to file descriptor 2 aside; to our logger when all goes well, else to where it was meant."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(STDERR)
    except OSError:  # a process without a stderr, such as a service: nobody to disturb
        yield
        return
    # If the process dies inside (a processor that TensorFlow was not built for), Python still says where.
    is_watched = not faulthandler.is_enabled()
    if is_watched:
        faulthandler.enable(kept)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), STDERR)
        try:
            yield
        except Exception:  # not Ctrl-C: a start that was stopped has not failed
            os.write(kept, _said(aside))
            raise
        finally:
            if is_watched:
                faulthandler.disable()
            os.dup2(kept, STDERR)
            os.close(kept)
        for line in _said(aside).decode(errors="replace").splitlines():
            LOGGER.debug("%s", line)


def _said(aside: BinaryIO) -> bytes:
    aside.seek(0)
    return aside.read()
