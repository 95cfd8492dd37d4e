from dataclasses import replace

import numpy as np
import pytest

from composer.performance import PedalEvent, Performance, PlayedNote, TempoPoint
from composer.score import Note, Part, Score, make_bars
from composer.sound import generators as g
from composer.sound.font_writer import soundfont_bytes
from composer.sound.soundfont import Instrument, Preset, Sample, Zone
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

RATE_HZ = 32_000
PERIODS = 44  # of the loop: 440 Hz, a tenth of a second


@pytest.fixture
def make_font(tmp_path):
    """Write a sound font of one looped tone on A4 with three harmonics; generators and zones as one likes."""

    def make(*, amounts=None, zones=None, presets=None, name="tone.sf2"):
        time_sec = np.arange(RATE_HZ // 2) / RATE_HZ
        tone = sum(np.sin(2 * np.pi * 440 * n * time_sec) / n for n in (1, 2, 3)) * 0.4
        sample = Sample("A4", 0, 0, RATE_HZ // 10, RATE_HZ // 5, RATE_HZ, 69, 0, is_vorbis=False)
        usual = {g.SAMPLE_MODE: 1, g.RELEASE: -2_400, **(amounts or {}), g.SAMPLE: 0}
        instrument = Instrument("Tone", tuple(zones or (Zone(amounts=usual),)))
        content = soundfont_bytes(
            presets or [Preset("Tone", 0, 0, (Zone(amounts={g.INSTRUMENT: 0}),))],
            [instrument],
            [(sample, (tone * 32_767).astype("<i2").tobytes())],
            info={"INAM": "A tone"},
        )
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


@pytest.fixture
def play():
    """Make a performance from (onset, pitch, length) in seconds; one list a part, programs as keyword."""

    def make(*parts, velocity=90, pedal=(), programs=()):
        quarter_sec = 0.5
        made, played = [], []
        for index, strokes in enumerate(parts):
            notes = []
            for onset_sec, pitch, length_sec in strokes:
                ticks = TICKS_PER_QUARTER / quarter_sec
                note = Note(round(onset_sec * ticks), pitch, max(1, round(length_sec * ticks)))
                notes.append(note)
                played.append(PlayedNote(index, note, onset_sec, length_sec, velocity))
            program = programs[index] if programs else 0
            made.append(Part(f"Part {index}", tuple(sorted(notes)), program=program))
        score = Score(tuple(made), make_bars(Meter(4, 4), 40), keys=((0, parse_key("C major")),))
        events = tuple(PedalEvent(time_sec, is_down) for time_sec, is_down in pedal)
        notes = tuple(sorted(played, key=lambda note: note.onset_sec))
        return Performance(score, notes, (TempoPoint(0, 0.0, quarter_sec),), events)

    return make


@pytest.fixture
def dry(monkeypatch):
    """Take the hall away."""
    import composer.sound.voices as voices

    usual = voices.instrument_of
    monkeypatch.setattr(voices, "instrument_of", lambda *said: replace(usual(*said), hall=0.0))
