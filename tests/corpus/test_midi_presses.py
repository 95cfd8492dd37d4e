import io

import mido
import pytest

from composer.corpus.midi.presses import key_presses
from composer.errors import MusicFileError


def file_of(*tracks):
    midi = mido.MidiFile(ticks_per_beat=100)
    for messages in tracks:
        midi.tracks.append(mido.MidiTrack(messages))
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def on(pitch, time, *, velocity=80, channel=0):
    return mido.Message("note_on", note=pitch, velocity=velocity, time=time, channel=channel)


def off(pitch, time, *, channel=0):
    return mido.Message("note_off", note=pitch, time=time, channel=channel)


def test_the_tempo_map_gives_the_seconds():
    tempos = [mido.MetaMessage("set_tempo", tempo=1_000_000), mido.MetaMessage("set_tempo", tempo=250_000, time=100)]
    notes = [on(60, 50), off(60, 100), on(62, 50), off(62, 100)]
    first, second = key_presses(file_of(tempos, notes), "x.mid")
    assert (first.onset_sec, first.duration_sec) == pytest.approx((0.5, 0.5 + 0.125))
    assert (second.onset_sec, second.duration_sec) == pytest.approx((1.25, 0.25))


def test_without_a_tempo_a_quarter_lasts_half_a_second():
    (press,) = key_presses(file_of([on(60, 100, velocity=33), off(60, 100)]), "x.mid")
    assert (press.onset_sec, press.duration_sec, press.velocity) == pytest.approx((0.5, 0.5, 33))


def test_drums_are_no_keys_and_all_tracks_are_in_one_order():
    low = [on(40, 10), off(40, 10)]
    high = [on(80, 0), off(80, 10), on(35, 0, channel=9), off(35, 10, channel=9)]
    assert [(press.pitch, press.track) for press in key_presses(file_of(low, high), "x.mid")] == [(80, 1), (40, 0)]


def test_what_is_no_midi_is_refused():
    with pytest.raises(MusicFileError):
        key_presses(b"hello", "x.mid")
