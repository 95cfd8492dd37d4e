"""Two whole pieces, compared byte by byte: from a resolved plan to MIDI, MusicXML and the plan that comes out.

The notes are the fake source's (see `fill/fake.py`) and the style's counts are left out, so that these files change
only with the code that fills, performs and writes. After such a change: `pytest tests/golden --remake`, then read the
difference as a musician would.
"""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from composer import pipeline
from composer.style_statistics import StyleStatistics

HERE = Path(__file__).parent


def listing(path: Path) -> str:
    """The MIDI file as text: each event with its tick, track by track."""
    midi = mido.MidiFile(path)
    lines = [f"format {midi.type}, {midi.ticks_per_beat} ticks a quarter"]
    for index, track in enumerate(midi.tracks):
        lines.append(f"track {index}")
        tick = 0
        for message in track:
            tick += message.time
            words = {name: value for name, value in vars(message).items() if name not in ("type", "time")}
            lines.append(f"{tick:7} {message.type} " + " ".join(f"{name}={value}" for name, value in words.items()))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", ["rondo", "chorale"])
@pytest.mark.usefixtures("no_network")
def test_the_same_plan_gives_the_same_files(name, tmp_path, monkeypatch, request):
    monkeypatch.setattr(
        "composer.pipeline.filling.load_statistics", lambda style: StyleStatistics(name=style, pieces=1, bars=1)
    )
    outputs = tuple(tmp_path / f"{name}{suffix}" for suffix in (".mid", ".musicxml", ".yaml"))
    pipeline.build_plan(HERE / f"{name}.plan.yaml", outputs=outputs)
    midi, musicxml, plan = outputs
    made = {
        f"{name}.mid.txt": listing(midi),
        f"{name}.musicxml": musicxml.read_text(encoding="utf-8"),
        f"{name}.yaml": plan.read_text(encoding="utf-8"),
    }
    if request.config.getoption("--remake", default=False):
        for file, text in made.items():
            (HERE / file).write_text(text, encoding="utf-8")
    for file, text in made.items():
        assert text == (HERE / file).read_text(encoding="utf-8"), f"{file} differs; see this test's module"
