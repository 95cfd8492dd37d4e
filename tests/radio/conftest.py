"""Pieces of a programme that nobody composed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import mido
import pytest

from composer.radio import Aired


@pytest.fixture
def aired() -> Callable[..., Aired]:
    """Make a piece of the programme."""

    def make(number: int = 1, **fields: Any) -> Aired:
        told = {"title": f"Piece {number}", "form": "rondo", "style": "bach", "key": "G major"}
        return Aired(**{"number": number, **told, "num_bars": 8, "length_sec": 12.0, "composing_sec": 3.0, **fields})

    return make


@pytest.fixture
def midi_of() -> Callable[..., bytes]:
    """Make a MIDI file of messages, each after so many quarters of half a second, on two tracks."""

    def make(*timed: tuple[float, mido.Message]) -> bytes:
        midi = mido.MidiFile(ticks_per_beat=480)
        midi.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)]))
        midi.tracks.append(mido.MidiTrack([message.copy(time=round(480 * wait)) for wait, message in timed]))
        file = io.BytesIO()
        midi.save(file=file)
        return file.getvalue()

    return make
