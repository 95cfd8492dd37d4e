"""Where the music is that benchmarks hear: the folder that RITORNELLO_DATA names."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def music_folder() -> Path:
    """Return the folder; without one the program ends and says what is missing."""
    folder = os.environ.get("RITORNELLO_DATA")
    if not folder:
        print("error: name the folder of the music in the environment variable RITORNELLO_DATA", file=sys.stderr)
        raise SystemExit(2)
    return Path(folder)
