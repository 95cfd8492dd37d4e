import math

import pytest

from composer.sound import generators as g
from composer.sound.instruments import bundled_soundfont, instrument_of
from composer.sound.regions import Struck
from composer.sound.soundfont import Instrument, Modulator, Preset, Zone, read_soundfont


def struck(path, key=69, velocity=127):
    font = read_soundfont(path)
    return Struck(font, font.presets[0, 0]).regions(key, velocity)


def test_a_preset_adds_to_its_instrument(make_font):
    preset = Preset("p", 0, 0, (Zone(amounts={g.PAN: 100, g.FINE_TUNE: 20, g.INSTRUMENT: 0}),))
    (plain,) = struck(make_font(amounts={g.PAN: -300}))
    (region,) = struck(make_font(amounts={g.PAN: -300}, presets=[preset]))
    assert (plain.pan, region.pan) == (-0.6, -0.4)
    assert region.tone.ratio / plain.tone.ratio == pytest.approx(2 ** (20 / 1200))


def test_zones_are_for_their_keys_and_velocities(make_font):
    usual = {g.SAMPLE_MODE: 1, g.SAMPLE: 0}
    font = make_font(zones=[Zone((0, 68), (0, 127), usual), Zone((69, 127), (100, 127), {**usual, g.PAN: 500})])
    assert [region.pan for region in struck(font, 68)] == [0.0]
    assert [region.pan for region in struck(font, 69)] == [1.0]
    assert [region.pan for region in struck(font, 69, 99)] == [0.0]  # nobody: the next key's sample
    assert struck(font, 80, 99) == ()


def test_units_are_plain(make_font):
    amounts = {g.ATTACK: -1_200, g.DECAY: 1_200, g.SUSTAIN: 200, g.ATTENUATION: 100, g.FILTER_CUTOFF: 6_900}
    (region,) = struck(make_font(amounts=amounts))
    assert region.envelope.attack_sec == 0.5
    assert region.envelope.decay_sec == 2.0
    assert region.envelope.sustain_db == 20.0
    assert region.gain == pytest.approx(10 ** (-4 / 20))  # four tenths of 10 dB
    assert region.tone.bright_hz == pytest.approx(440)
    assert region.tone.dark_hz == pytest.approx(110)  # two octaves, as the specification has it


def test_low_strings_may_sound_longer(make_font):
    low, high = (struck(make_font(amounts={g.DECAY: 0, g.KEY_TO_DECAY: 100}), key)[0] for key in (48, 60))
    assert low.envelope.decay_sec == pytest.approx(2 * high.envelope.decay_sec)


def test_a_font_says_what_velocity_does(make_font):
    usual = {g.SAMPLE_MODE: 1, g.SAMPLE: 0}
    (square,) = struck(make_font(), velocity=64)
    assert square.gain == pytest.approx((64 / 127) ** 2)
    changes = (Modulator(0x0502, g.ATTENUATION, 480), Modulator(0x0102, g.FILTER_CUTOFF, 0))
    (even,) = struck(make_font(zones=[Zone(amounts=usual, modulators=changes)]), velocity=64)
    assert even.gain == pytest.approx(64 / 127)
    assert even.tone.dark_hz == even.tone.bright_hz == math.inf


def test_a_loop_outside_its_sample_is_no_loop(make_font):
    (region,) = struck(make_font(amounts={g.LOOP_END_COARSE: 2}))
    assert region.tone.loop is None


def test_every_program_has_a_player():
    presets = read_soundfont(bundled_soundfont()).presets
    for program in range(128):
        choice = instrument_of(program, presets)
        assert choice.preset in presets
        if (0, program) in presets:
            assert choice.preset == (0, program)
        assert 0 < choice.hall < 1
        assert instrument_of(program, [(8, 3), (1, 99)]).preset == (1, 99)  # of a font that has nothing of the kind


def test_programs_without_a_sample_are_played_by_their_next_of_kin():
    presets = read_soundfont(bundled_soundfont()).presets
    kin = {1: 0, 20: 19, 44: 48, 54: 53, 61: 60, 65: 71, 69: 68, 74: 73}
    assert {program: instrument_of(program, presets).preset[1] for program in kin} == kin


def test_every_key_of_every_instrument_sounds():
    font = read_soundfont(bundled_soundfont())
    for preset in font.presets.values():
        instrument = Struck(font, preset)
        assert all(instrument.regions(key, velocity) for key in range(128) for velocity in (1, 64, 127))
        assert isinstance(font.instruments[0], Instrument)
