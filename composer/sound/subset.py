"""Make the sound font that comes with the program from Debian's FluidR3; run by hand:

    apt-get download fluid-soundfont-gm            # 3.1-5.3
    dpkg -x fluid-soundfont-gm_*.deb fluid
    python -m composer.sound.subset fluid/usr/share/sounds/sf2/FluidR3_GM.sf2 composer/sound/chamber.sf3

What it is: the instruments in `_PLAYERS`, with all their velocity zones. Of those that one player plays (and of what a
part of an ensemble sings) the left one of two channels is kept: they are placed between the loudspeakers by where they
sit. Samples are cut behind their loops and stored as Vorbis. Of instruments that hold their notes each sample is
tuned: FluidR3's are up to 30 cents off. The same FluidR3 gives the same bytes (with the same version of libsndfile).

Contents: `subset_bytes`, `main`.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from composer.files import write_atomic
from composer.sound import generators as g
from composer.sound.font_writer import soundfont_bytes
from composer.sound.ogg import renumbered
from composer.sound.soundfont import Instrument, Modulator, Preset, Sample, SoundFont, Zone, read_soundfont

_SIDE_CENTIBELS = 75  # what one channel alone is softer by (3 dB; of attenuations four tenths are heard)
_WIDTH = 0.65  # of a stereo sample, of FluidR3's: its piano is as wide as the room
_TAIL_FRAMES = 8  # behind the loop
_FAR_CENTS = 100  # a sample is not further off
_VIBRATO_CENTS = 30.0
_QUALITY = 0.5  # of libsndfile: 0 the best .. 1 the smallest


@dataclass(frozen=True)
class _Player:
    """A preset to be kept.

    Attributes:
        program: General MIDI, counted from 0.
        name: in our font.
        is_mono: only the left one of two channels is kept.
        is_tuned: its samples are.
        loudness_centibels: what velocity does to loudness; 960 is the usual square, 720 its power of 1.5.
        softest_cents: how far the filter closes for soft notes; -2400 is usual.
        attack_timecents: of the envelope; None: FluidR3's own.
    """

    program: int
    name: str
    is_mono: bool = True
    is_tuned: bool = True
    loudness_centibels: int = 720
    softest_cents: int = -2_400
    attack_timecents: int | None = None


_PLAYERS = (
    _Player(0, "Grand Piano", is_mono=False, is_tuned=False, loudness_centibels=960),
    # A plectrum and a pipe know nothing of velocity; a little is left, so that a performer's accents are heard.
    _Player(6, "Harpsichord", is_tuned=False, loudness_centibels=240, softest_cents=0),
    _Player(19, "Church Organ", loudness_centibels=160, softest_cents=0),
    _Player(40, "Violin"),
    _Player(41, "Viola"),
    _Player(42, "Violoncello"),
    _Player(43, "Contrabass"),
    _Player(46, "Harp", is_tuned=False, loudness_centibels=960),
    _Player(48, "Strings"),
    _Player(52, "Choir Ahh"),
    _Player(53, "Voice Ooh", attack_timecents=-4_200),  # 90 ms: each sample begins with a puff
    _Player(56, "Trumpet", softest_cents=0),  # FluidR3 itself closes the filter of this, the horn and the clarinet
    _Player(60, "Horn", softest_cents=0),
    _Player(68, "Oboe"),
    _Player(70, "Bassoon"),
    _Player(71, "Clarinet", softest_cents=0),
    _Player(73, "Flute"),
)
_INFO = {
    "INAM": "Ritornello chamber instruments",
    "IENG": "Frank Wen and others; see ICOP",
    "ICOP": "Fluid (R3) General MIDI SoundFont, (c) 2000-2002, 2008 Frank Wen, (c) 2008 Toby Smithe; MIT licence",
    "ICMT": "A subset of FluidR3_GM.sf2 (Debian fluid-soundfont-gm), samples cut behind their loops, as Vorbis.",
}


def subset_bytes(font: SoundFont) -> bytes:
    """Return the bytes of our sound font.

    Args:
        font: FluidR3.
    """
    presets: list[Preset] = []
    instruments: list[Instrument] = []
    samples: list[tuple[Sample, bytes]] = []
    at_sample: dict[int, int] = {}  # FluidR3's -> ours
    at_instrument: dict[tuple[int, int], int] = {}  # of whose player
    for player in _PLAYERS:
        preset = font.presets[0, player.program]
        zones = []
        for zone in preset.zones:
            own = (zone.amounts[g.INSTRUMENT], player.program)
            if own not in at_instrument:
                kept = _kept(font, font.instruments[own[0]], player)
                for inner in kept.zones:
                    index = inner.amounts[g.SAMPLE]
                    if index not in at_sample:
                        at_sample[index] = len(samples)
                        samples.append(_encoded(font, font.samples[index], _is_looped(inner, kept.common)))
                at_instrument[own] = len(instruments)
                moved = (_with(inner, g.SAMPLE, at_sample[inner.amounts[g.SAMPLE]]) for inner in kept.zones)
                instruments.append(replace(kept, zones=tuple(moved)))
            zones.append(_with(zone, g.INSTRUMENT, at_instrument[own]))
        is_halved = player.is_mono and any(z.amounts.get(g.PAN, 0) for z in font.instruments[own[0]].zones)
        common = preset.common
        if is_halved:
            common = _with(common, g.ATTENUATION, common.amounts.get(g.ATTENUATION, 0) - _SIDE_CENTIBELS)
        presets.append(Preset(player.name, 0, player.program, tuple(zones), common))
    return soundfont_bytes(presets, instruments, samples, info=_INFO)


def _kept(font: SoundFont, instrument: Instrument, player: _Player) -> Instrument:
    """Return an instrument as it is wanted: one channel, tuned, with its own answer to velocity."""
    zones = [_with(zone, g.PAN, round(_WIDTH * zone.amounts.get(g.PAN, 0))) for zone in instrument.zones]
    if player.is_mono:
        zones = [_with(zone, g.PAN, 0) for zone in zones if zone.amounts.get(g.PAN, 0) <= 0]
    if player.is_tuned:
        zones = [_tuned(font, zone, instrument.common) for zone in zones]
    if player.attack_timecents is not None:
        zones = [_with(zone, g.ATTACK, player.attack_timecents) for zone in zones]
    # No key is silent.
    least, most = min(zone.keys[0] for zone in zones), max(zone.keys[1] for zone in zones)
    ends = {least: 0, most: 127}
    zones = [replace(zone, keys=(ends.get(zone.keys[0], zone.keys[0]), zone.keys[1])) for zone in zones]
    zones = [replace(zone, keys=(zone.keys[0], ends.get(zone.keys[1], zone.keys[1]))) for zone in zones]
    modulators = (
        Modulator(0x0502, g.ATTENUATION, player.loudness_centibels),
        Modulator(0x0102, g.FILTER_CUTOFF, player.softest_cents),
    )
    return replace(instrument, zones=tuple(zones), common=replace(instrument.common, modulators=modulators))


def _tuned(font: SoundFont, zone: Zone, common: Zone) -> Zone:
    """Return a zone whose sample sounds at its pitch, by where the power round its first harmonics lies."""
    sample = font.samples[zone.amounts[g.SAMPLE]]
    amounts = {**common.amounts, **zone.amounts}
    sound = np.frombuffer(font.sample_bytes(sample), "<i2").astype(np.float64)
    if _is_looped(zone, common):
        sound = np.resize(sound[sample.loop_start : sample.loop_end], 4 * sample.rate_hz)
    root = amounts.get(g.ROOT_KEY, sample.root_key)
    stated_cents = amounts.get(g.FINE_TUNE, 0) + 100 * amounts.get(g.COARSE_TUNE, 0) + sample.cents
    wanted_hz = 440.0 * 2.0 ** ((root - 69 - stated_cents / 100) / 12)
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 4 * len(sound))) ** 2
    hz = np.arange(len(power)) * (sample.rate_hz / 4 / len(sound))
    cents = np.arange(-_FAR_CENTS, _FAR_CENTS + 1)
    near = np.zeros(len(cents))
    for harmonic in range(1, 6):
        # The density for each cent, so that high harmonics are not counted for more.
        near += harmonic * np.interp(harmonic * wanted_hz * 2.0 ** (cents / 1_200), hz, power)
    middle = float(cents[near.argmax()])
    for _ in range(8):  # the centre of the peak, as wide as a vibrato
        weights = near * np.clip(1.5 - np.abs(cents - middle) / _VIBRATO_CENTS, 0.0, 1.0)
        middle = float((weights * cents).sum() / weights.sum())
    if abs(middle) > _FAR_CENTS / 2:
        raise ValueError(f'"{sample.name}" is {middle:.0f} cents off: that cannot be right')
    return _with(zone, g.FINE_TUNE, amounts.get(g.FINE_TUNE, 0) - round(middle))


def _with(zone: Zone, kind: int, amount: int) -> Zone:
    return replace(zone, amounts={**zone.amounts, kind: amount})


def _is_looped(zone: Zone, common: Zone) -> bool:
    return zone.amounts.get(g.SAMPLE_MODE, common.amounts.get(g.SAMPLE_MODE, 0)) in (1, 3)


def _encoded(font: SoundFont, sample: Sample, is_looped: bool) -> tuple[Sample, bytes]:
    """Return a sample as Vorbis, without what is never heard."""
    import soundfile

    sound = np.frombuffer(font.sample_bytes(sample), "<i2").astype(np.float32) / np.float32(32_768)
    if is_looped:
        sound = sound[: sample.loop_end + _TAIL_FRAMES]
    file = io.BytesIO()
    options = {"format": "OGG", "subtype": "VORBIS", "compression_level": _QUALITY}
    with soundfile.SoundFile(file, "w", samplerate=sample.rate_hz, channels=1, **options) as stream:
        stream.write(sound)
    return replace(sample, is_vorbis=True), renumbered(file.getvalue())


def main() -> None:
    """Write the sound font: FluidR3's path, then ours."""
    source, target = map(Path, sys.argv[1:])
    write_atomic(target, subset_bytes(read_soundfont(source)))


if __name__ == "__main__":
    main()
