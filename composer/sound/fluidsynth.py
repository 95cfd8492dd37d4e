"""Render with FluidSynth, where its command is installed: for sound fonts of the user's own.

What it is: the command turns a MIDI file into a WAV file, dry; hall and loudness are ours, so that a piece sounds in
the same room whoever renders it. The user's own settings of FluidSynth are left out.

Contents: `fluidsynth_command`, `fluidsynth_blocks`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from composer.errors import OutputError, SoundFontError
from composer.sound.envelope import RATE_HZ
from composer.sound.hall import BLOCK_FRAMES, Hall, Stereo

HALL_SHARE = 0.3
_GAIN = 0.5  # what is too loud would be cut off; the loudness is set later
_LONGEST_SEC = 1800


def fluidsynth_command() -> str | None:
    """Return the path of FluidSynth's command, or None where it is not installed."""
    return shutil.which("fluidsynth")


def fluidsynth_blocks(midi: bytes, soundfont: Path, command: str) -> Iterator[Stereo]:
    """Give the mixture in blocks of `BLOCK_FRAMES`, until the hall is silent.

    Args:
        midi: a MIDI file.
        soundfont: an .sf2 or .sf3 file.
        command: as `fluidsynth_command` gives it.

    Raises:
        SoundFontError: FluidSynth fails.
        OutputError: there is no room for temporary files.
    """
    import soundfile

    with tempfile.TemporaryDirectory(prefix="ritornello-") as name:
        folder = Path(name)
        try:
            (folder / "piece.mid").write_bytes(midi)
        except OSError as error:
            raise OutputError(f"no room for the sound: {error.strerror or error}", place=folder) from error
        # No settings, no shell, no hall, no chorus; no other font where this one fails.
        how = ["-n", "-i", "-q", "-f", os.devnull, "-R", "0", "-C", "0", "-o", "synth.default-soundfont="]
        file = ["-g", str(_GAIN), "-r", str(RATE_HZ), "-O", "float", "-T", "wav", "-F", "piece.wav"]
        words = [command, *how, *file, str(soundfont.absolute()), "piece.mid"]
        try:
            done = subprocess.run(
                words, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_LONGEST_SEC, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SoundFontError(f"FluidSynth could not play: {error}", place=soundfont) from error
        # It plays on, in silence, with a font that it could not read.
        told = [line for line in done.stderr.splitlines() if "error:" in line]
        if done.returncode or told or not (folder / "piece.wav").exists():
            found = told[0].partition("error:")[2].strip() if told else f"exit code {done.returncode}"
            raise SoundFontError(f"FluidSynth could not play: {found}", place=soundfont)
        hall = Hall()
        left = hall.tail_frames
        with soundfile.SoundFile(folder / "piece.wav") as stream:
            while left > 0:
                read = stream.read(BLOCK_FRAMES, dtype="float32", always_2d=True).T
                dry = np.zeros((2, BLOCK_FRAMES), np.float32)
                dry[:, : read.shape[1]] = read
                block = dry + hall.answered(dry * np.float32(HALL_SHARE))
                size = min(BLOCK_FRAMES, read.shape[1] + left)
                left -= size - read.shape[1]
                yield block[:, :size]
