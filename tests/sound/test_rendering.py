import ast
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from composer.errors import OptionError, SoundFontError
from composer.sound import AUDIO_EXTENSIONS, Rendering, check_soundfont, render
from composer.sound import generators as g
from composer.sound.envelope import RATE_HZ
from composer.sound.rendering import MAX_SOUND_SEC


def heard(rendering):
    """The whole sound, [channel, frame]."""
    return np.concatenate(list(rendering.blocks()), axis=1)


def level_db(sound, first_sec, last_sec):
    part = sound[:, round(first_sec * RATE_HZ) : round(last_sec * RATE_HZ)].astype(float)
    return 10 * np.log10(np.mean(part**2) + 1e-20)


def pitch_hz(sound, first_sec, last_sec, near_hz):
    """The strongest frequency within a semitone of another one."""
    part = sound[:, round(first_sec * RATE_HZ) : round(last_sec * RATE_HZ)].sum(axis=0)
    size = 16 * len(part)
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), size))
    hz = np.arange(len(power)) * RATE_HZ / size
    power[(hz < near_hz / 1.06) | (hz > near_hz * 1.06)] = 0
    return hz[power.argmax()]


def cents(hz, wanted_hz):
    return 1200 * np.log2(hz / wanted_hz)


def brightness_hz(sound, first_sec, last_sec):
    part = sound[:, round(first_sec * RATE_HZ) : round(last_sec * RATE_HZ)].sum(axis=0)
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    hz = np.fft.rfftfreq(len(part), 1 / RATE_HZ)
    return (hz * power).sum() / power.sum()


@pytest.mark.parametrize(
    ("program", "most_cents"), [(0, 2), (6, 2), (42, 2), (53, 2), (60, 2), (71, 2), (68, 4), (73, 4), (19, 5)]
)
def test_a4_is_440_hz(play, program, most_cents):  # vibrato, and pipes that beat
    sound = heard(render(play([(0, 69, 2)], programs=[program])))
    assert abs(cents(pitch_hz(sound, 0.3, 1.8, 440), 440)) <= most_cents


def test_a_sample_is_brought_to_its_pitch_exactly(make_font, play, dry):
    font = make_font()
    for pitch in (45, 57, 69, 70, 81, 93):
        wanted_hz = 440 * 2 ** ((pitch - 69) / 12)
        sound = heard(render(play([(0, pitch, 1)]), soundfont=font))
        assert abs(cents(pitch_hz(sound, 0.1, 0.9, wanted_hz), wanted_hz)) < 1


def test_louder_is_louder_and_brighter(play, dry, monkeypatch):
    soft, loud = (render(play([(0, 60, 1)], velocity=velocity)) for velocity in (30, 110))
    assert loud.loudness_lufs > soft.loudness_lufs + 15
    assert brightness_hz(heard(loud), 0.1, 0.9) > 1.05 * brightness_hz(heard(soft), 0.1, 0.9)


def test_a_note_is_damped_when_its_key_goes_up(play, dry):
    sound = heard(render(play([(0, 60, 1)])))
    assert level_db(sound, 1.8, 2.0) < level_db(sound, 0.8, 1.0) - 40


def test_the_pedal_holds_what_the_key_lets_go(play, dry):
    notes = [(0, 60, 0.5)]
    with_pedal = heard(render(play(notes, pedal=[(0.1, True), (2.5, False)])))
    without = heard(render(play(notes)))
    assert level_db(with_pedal, 1.5, 2.0) > level_db(without, 1.5, 2.0) + 40
    assert level_db(with_pedal, 3.3, 3.5) < level_db(with_pedal, 2.3, 2.5) - 40


def test_a_pedal_of_one_part_holds_no_other(play, dry):
    both = play([], [(0, 60, 0.5)], pedal=[(0.1, True), (2.5, False)])  # the pedal is part 0's
    assert level_db(heard(render(both)), 1.5, 2.0) < -80


def test_a_key_that_is_struck_again_under_the_pedal_stops_what_it_sounded(make_font, play, dry):
    # In the loop of a font that never fades, strokes would add up.
    pedal = [(0.0, True), (6.0, False)]
    again = render(play([(0.5 * n, 69, 0.1) for n in range(10)], pedal=pedal), soundfont=make_font())
    once = render(play([(0.0, 69, 5.0)]), soundfont=make_font())
    assert again.loudness_lufs < once.loudness_lufs + 3


def test_a_long_note_goes_round_its_loop_without_a_click(make_font, play, dry):
    sound = heard(render(play([(0, 69, 20)]), soundfont=make_font()))[0]  # longer than what is kept of a tone
    steps = np.abs(np.diff(sound, 3))[RATE_HZ // 10 : 19 * RATE_HZ]
    assert steps.max() < 1.2 * np.percentile(steps, 99)


@pytest.mark.parametrize("release", [-12_000, -2_400])
def test_nothing_clicks_at_the_end_of_a_note(make_font, play, dry, release):
    sound = heard(render(play([(0, 69, 0.4)]), soundfont=make_font(amounts={g.RELEASE: release})))[0]
    steps = np.abs(np.diff(sound, 3))
    assert steps[round(0.39 * RATE_HZ) :].max() < 1.5 * steps[round(0.2 * RATE_HZ) : round(0.35 * RATE_HZ)].max()


def test_players_sit_side_by_side(play, dry):
    left, _, _, right = ([[(0, 69, 1)] if index == place else [] for index in range(4)] for place in range(4))
    for parts, louder in ((left, 0), (right, 1)):
        sound = heard(render(play(*parts, programs=[40, 40, 41, 42])))
        assert level_db(sound[louder : louder + 1], 0, 1) > level_db(sound[1 - louder : 2 - louder], 0, 1) + 4


def test_the_hall_answers_on_both_sides_and_dies_away(play):
    sound = heard(render(play([(0, 60, 0.3)], programs=[68])))
    assert level_db(sound, 0.6, 0.8) > level_db(sound, 1.3, 1.5) > -80
    assert level_db(sound, sound.shape[1] / RATE_HZ - 0.05, 99) < -75
    late = sound[:, RATE_HZ : RATE_HZ + RATE_HZ // 2]
    assert abs(np.corrcoef(late)[0, 1]) < 0.7


def test_loudness_is_a_recording_s_and_nothing_clips(play):
    scale = [(0.5 * n, 48 + n, 0.6) for n in range(24)]
    for velocity in (25, 120):
        sound = heard(render(play(scale, velocity=velocity)))
        again = Rendering([sound])
        assert -20 < again.loudness_lufs < -17.5
        assert np.abs(sound).max() <= 10 ** (-1 / 20) + 1e-4


def test_silence_stays_silence(play):
    assert np.abs(heard(render(play([])))).max() == 0


def test_every_format_holds_the_same_sound(play, tmp_path):
    import soundfile

    rendering = render(play([(0, 69, 1.5)], programs=[73]))
    for extension in AUDIO_EXTENSIONS:
        path = tmp_path / f"a{extension}"
        path.write_bytes(rendering.encoded(extension))
        read, rate_hz = soundfile.read(path, dtype="float32")
        assert rate_hz == RATE_HZ
        assert read.shape[1] == 2
        assert abs(len(read) / RATE_HZ - rendering.duration_sec) < 0.1
        assert abs(cents(pitch_hz(read.T, 0.3, 1.3, 440), pitch_hz(heard(rendering), 0.3, 1.3, 440))) < 1


PLAY = """
import hashlib
from composer.performance import PedalEvent, Performance, PlayedNote, TempoPoint
from composer.score import Note, Part, Score, make_bars
from composer.sound import AUDIO_EXTENSIONS, render
from composer.theory.meter import Meter

notes = tuple(Note(5040 * n, 48 + 5 * n % 31, 5040) for n in range(24))
score = Score((Part("Piano", tuple(sorted(notes)), program=0),), make_bars(Meter(4, 4), 4), keys=())
played = tuple(PlayedNote(0, note, note.onset_tick / 20160, 0.4, 60 + note.pitch % 40) for note in notes)
performance = Performance(score, played, (TempoPoint(0, 0.0, 0.5),), (PedalEvent(0.2, True), PedalEvent(3.0, False)))
sound = render(performance)
print([hashlib.sha256(sound.encoded(extension)).hexdigest() for extension in AUDIO_EXTENSIONS])
"""


def test_the_same_performance_gives_the_same_bytes_in_another_process():
    words = [sys.executable, "-c", PLAY]
    first, second = (subprocess.run(words, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == second
    assert len(set(ast.literal_eval(first))) == len(AUDIO_EXTENSIONS)


def test_too_long_a_sound_is_refused_before_it_is_rendered(play, monkeypatch):
    import composer.sound.rendering as rendering

    monkeypatch.setattr(rendering, "mixed_blocks", lambda *_: pytest.fail("rendered"))
    performance = play([(0, 60, 1)])
    late = replace(performance.notes[0], onset_sec=MAX_SOUND_SEC)
    with pytest.raises(OptionError, match=r"60 minutes at most; found 60\.0"):
        render(replace(performance, notes=(late,)))


def test_a_font_of_one_s_own_is_checked(make_font, tmp_path):
    check_soundfont(make_font())
    (tmp_path / "none.sf2").write_bytes(b"RIFFs are a kind of mountain")
    with pytest.raises(SoundFontError, match="this is no sound font"):
        check_soundfont(tmp_path / "none.sf2")
