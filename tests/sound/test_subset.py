import numpy as np
import pytest

from composer.sound import generators as g
from composer.sound.font_writer import soundfont_bytes
from composer.sound.soundfont import Instrument, Preset, Sample, Zone, read_soundfont
from composer.sound.subset import subset_bytes

RATE_HZ = 22_050
PROGRAMS = (0, 6, 19, 40, 41, 42, 43, 46, 48, 52, 53, 56, 60, 68, 70, 71, 73)


@pytest.fixture
def fluid(tmp_path):
    """A font with FluidR3's programs, each of a left and a right sample of A4 that is 20 cents flat."""
    flat_hz = 440 * 2 ** (-20 / 1200)
    period = round(100 * RATE_HZ / flat_hz)  # of a hundred waves: a loop without a seam
    wave = np.sin(2 * np.pi * 100 * np.arange(3 * period) / period) * 16_000
    sample = Sample("A4", 0, 0, period, 2 * period, RATE_HZ, 69, 0, is_vorbis=False)
    sides = tuple(
        Zone((36, 96), amounts={g.PAN: pan, g.SAMPLE_MODE: 1, g.SAMPLE: n}) for n, pan in enumerate((-500, 500))
    )
    presets = [Preset(f"p{number}", 0, number, (Zone(amounts={g.INSTRUMENT: 0}),)) for number in PROGRAMS]
    path = tmp_path / "fluid.sf2"
    samples = [(sample, wave.astype("<i2").tobytes())] * 2
    path.write_bytes(soundfont_bytes(presets, [Instrument("i", sides)], samples, info={}))
    return read_soundfont(path)


def test_a_subset_has_the_chamber_s_instruments_tuned_and_in_their_place(fluid, tmp_path):
    path = tmp_path / "chamber.sf3"
    path.write_bytes(subset_bytes(fluid))
    font = read_soundfont(path)
    assert sorted(font.presets) == [(0, program) for program in PROGRAMS]

    def zones(program):
        (zone,) = font.presets[0, program].zones
        return font.instruments[zone.amounts[g.INSTRUMENT]].zones

    assert [zone.amounts[g.PAN] for zone in zones(0)] == [-325, 325]  # the piano is stereo, less wide
    (cello,) = zones(42)  # one player, one channel, wherever he sits
    assert cello.amounts[g.PAN] == 0
    assert cello.amounts[g.FINE_TUNE] == pytest.approx(20, abs=1)
    assert cello.keys == (0, 127)  # no key is silent
    assert zones(0)[0].amounts.get(g.FINE_TUNE, 0) == 0  # a piano's octaves are wide on purpose
    (sample,) = {font.samples[cello.amounts[g.SAMPLE]]}
    assert sample.is_vorbis
    assert (sample.loop_start, sample.loop_end) == (fluid.samples[0].loop_start, fluid.samples[0].loop_end)


def test_the_same_font_gives_the_same_subset(fluid):
    assert subset_bytes(fluid) == subset_bytes(fluid)
