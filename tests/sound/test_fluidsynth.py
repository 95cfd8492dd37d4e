import os
import stat

import numpy as np
import pytest

from composer.errors import SoundFontError
from composer.sound import render
from composer.sound.fluidsynth import fluidsynth_command

# Stands for the command: writes a second of a tone at the path behind -F; or fails as it does.
FAKE = """#!{python}
import sys
import numpy as np, soundfile
words = sys.argv[1:]
if words[-2].endswith("silent.sf2"):
    sys.exit(print("fluidsynth: error: Failed to load SoundFont", file=sys.stderr))
tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)
soundfile.write(words[words.index("-F") + 1], np.stack([tone, tone], axis=1), 44100, format="WAV", subtype="FLOAT")
assert open(words[-1], "rb").read() == b"MIDI"
"""


@pytest.fixture
def fake_command(tmp_path, monkeypatch):
    import sys

    path = tmp_path / "bin" / "fluidsynth"
    path.parent.mkdir()
    path.write_text(FAKE.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    return path


def test_fluidsynth_plays_a_font_of_one_s_own(fake_command, make_font, play):
    assert fluidsynth_command() == str(fake_command)
    font = make_font()
    rendering = render(play([(0, 60, 1)]), soundfont=font, make_midi=lambda: b"MIDI")
    assert 3 < rendering.duration_sec < 4  # with the hall's answer
    sound = next(rendering.blocks())
    power = np.abs(np.fft.rfft(sound[0, :44_100]))
    assert power.argmax() == 440


def test_the_font_that_comes_along_is_always_ours(fake_command, play):
    def make_midi():
        pytest.fail("no MIDI file is needed")

    render(play([(0, 60, 0.2)]), make_midi=make_midi)


def test_a_font_that_fluidsynth_refuses_is_told(fake_command, make_font, play):
    with pytest.raises(SoundFontError, match=r"silent\.sf2: FluidSynth could not play: Failed to load SoundFont"):
        render(play([(0, 60, 1)]), soundfont=make_font(name="silent.sf2"), make_midi=lambda: b"MIDI")
