import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.errors import SoundFontError
from composer.sound import generators as g
from composer.sound.font_writer import soundfont_bytes
from composer.sound.regions import MAX_REGIONS, Struck
from composer.sound.soundfont import Instrument, Modulator, Preset, Sample, Zone, read_soundfont
from composer.sound.tones import Tones

KEYS = st.tuples(st.integers(0, 127), st.integers(0, 127))


@st.composite
def zones(draw, target, num_targets):
    kinds = st.sampled_from([g.ATTACK, g.PAN, g.RELEASE, g.ATTENUATION, g.FINE_TUNE])
    amounts = draw(st.dictionaries(kinds, st.integers(-(2**15), 2**15 - 1), max_size=4))
    modulators = draw(st.lists(st.builds(Modulator, st.integers(0, 65_535), kinds, st.integers(-100, 100)), max_size=2))
    amounts[target] = draw(st.integers(0, num_targets - 1))
    return Zone(draw(KEYS), draw(KEYS), amounts, tuple(modulators))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.data())
def test_what_is_written_is_read_again(tmp_path, data):
    instruments = tuple(
        Instrument(
            f"i{number}", tuple(data.draw(st.lists(zones(g.SAMPLE, 2), max_size=3))), Zone(amounts={g.PAN: -500})
        )
        for number in range(data.draw(st.integers(1, 3)))
    )
    presets = {
        (0, program): Preset(
            "p", 0, program, tuple(data.draw(st.lists(zones(g.INSTRUMENT, len(instruments)), max_size=2)))
        )
        for program in data.draw(st.sets(st.integers(0, 127), min_size=1, max_size=3))
    }
    sounds = data.draw(st.lists(st.binary(max_size=9), min_size=2, max_size=2))
    is_vorbis = data.draw(st.booleans())
    samples = [
        (Sample(f"s{n}", 0, 0, 1, 3, 44_100, 60, -5, is_vorbis), sound[: None if is_vorbis else len(sound) // 2 * 2])
        for n, sound in enumerate(sounds)
    ]
    path = tmp_path / "font.sf2"
    path.write_bytes(soundfont_bytes(presets.values(), instruments, samples, info={"INAM": "odd"}))
    font = read_soundfont(path)
    assert font.presets == presets
    assert font.instruments == instruments
    assert [font.sample_bytes(sample) for sample in font.samples] == [sound for _, sound in samples]
    assert [(s.name, s.loop_start, s.loop_end, s.root_key, s.cents) for s in font.samples] == [
        (s.name, 1, 3, 60, -5) for s, _ in samples
    ]


def try_to_use(path):
    """Read a font and every tone of it; SoundFontError is the only way to fail."""
    font = read_soundfont(path)
    for preset in font.presets.values():
        for region in Struck(font, preset).regions(60, 100):
            Tones(font).wave(region.tone, 0.5, 0, 1_000)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_a_damaged_font_ends_in_one_error_or_none(make_font, tmp_path, data):
    content = bytearray(make_font().read_bytes())
    lists = len(content) - 700  # where most damage is done: the sound itself may be anything
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 60) | st.integers(lists, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.sf2"
    path.write_bytes(content[: data.draw(st.just(len(content)) | st.integers(0, len(content)))])
    told = ""
    try:
        try_to_use(path)
    except SoundFontError as error:
        told = str(error)
    assert not told or (told.startswith(f"{path}: ") and "\n" not in told)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"a sound", b"RIFF\x0a\0\0\0WAVEfmt \0\0", bytes(1000)])
def test_what_is_no_sound_font_is_refused(tmp_path, content):
    path = tmp_path / "song.sf2"
    path.write_bytes(content)
    with pytest.raises(SoundFontError, match=r"song\.sf2: this is no sound font"):
        read_soundfont(path)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.sf2"):
        with pytest.raises(SoundFontError, match="cannot read"):
            read_soundfont(path)


def test_a_font_that_is_cut_off_is_refused(make_font):
    path = make_font()
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SoundFontError, match="it ends after"):
        read_soundfont(path)


def test_lists_that_fall_are_refused(make_font):
    path = make_font()
    content = path.read_bytes()
    place = content.index(b"ibag") + 8
    path.write_bytes(content[:place] + struct.pack("<HH", 9, 0) + content[place + 4 :])
    with pytest.raises(SoundFontError, match=r"ibag.*does not rise"):
        read_soundfont(path)


def test_a_sample_outside_the_file_is_refused(make_font):
    path = make_font()
    content = path.read_bytes()
    place = content.index(b"shdr") + 8 + 24
    path.write_bytes(content[:place] + struct.pack("<I", 2**32 - 1) + content[place + 4 :])
    with pytest.raises(SoundFontError, match='"A4" lies outside'):
        read_soundfont(path)


def test_a_stroke_of_too_many_samples_is_refused(make_font):
    many = tuple(Zone(amounts={g.SAMPLE: 0}) for _ in range(MAX_REGIONS + 1))
    font = read_soundfont(make_font(zones=many))
    with pytest.raises(SoundFontError, match="more than 16 samples sound at once"):
        Struck(font, font.presets[0, 0]).regions(60, 90)


def test_a_vorbis_stream_that_is_none_is_refused(tmp_path):
    sample = Sample("bad", 0, 0, 0, 8, 44_100, 60, 0, is_vorbis=True)
    path = tmp_path / "bad.sf3"
    preset = Preset("p", 0, 0, (Zone(amounts={g.INSTRUMENT: 0}),))
    instrument = Instrument("i", (Zone(amounts={g.SAMPLE: 0}),))
    path.write_bytes(soundfont_bytes([preset], [instrument], [(sample, b"OggS" + bytes(40))], info={}))
    with pytest.raises(SoundFontError, match='"bad" cannot be decoded'):
        try_to_use(path)
