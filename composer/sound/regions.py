"""What sounds when a key of a preset is struck: regions, with all amounts added up and in plain units.

Conventions: seconds, Hz, semitones, factors; decibels where a name says so. A region's pitch is that of a key struck
without any bend. A struck key may sound several regions (left and right, layers).

What differs from the specification: attenuations stated in the font count four tenths, as in FluidSynth and in the
cards for which most fonts were voiced; the envelope and the LFO of the filter count as they stand while a key is held
(no sweep).

Contents: `Tone`, `Envelope`, `Region`, `Struck`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from composer.errors import SoundFontError
from composer.sound import generators as g
from composer.sound.soundfont import Instrument, Preset, SoundFont, Zone

MAX_REGIONS = 16  # inclusive, of one key at one velocity; the richest fonts have eight
_FONT_ATTENUATION = 0.4  # see the module's docstring
_LEAST_CENTS, _OPEN_CENTS = 1_500, 13_500  # of a cutoff; a filter at 20 kHz is none
_VELOCITY_SOURCES = (0x0102, 0x0502, 0x0902, 0x0D02)  # velocity falling from 127, along any curve
# What the specification's own modulators add at velocity 0 (sections 8.4.1 and 8.4.2): the amount by which the square
# of the velocity is the loudness, and what goes off the cutoff.
_SQUARE_CENTIBELS = 960
_SOFTEST_CENTS = -2_400
_ENDLESS = 2**31  # frames
_FILLED_GAP = 7  # semitones
_AT_END = (0, 2)  # sample modes that do not loop


@dataclass(frozen=True)
class Tone:
    """A waveform: a sample at a pitch, before envelope and loudness.

    Attributes:
        sample: its index in the font.
        start, end: the frames of it that sound.
        loop: first frame of the loop and the one behind it, or None where it sounds to its end.
        is_loop_held: False where the loop is left when the key goes up; it is then gone on with all the same.
        ratio: frames of the sample for each second of sound.
        vibrato_cents, vibrato_hz, vibrato_delay_sec: of the pitch.
        sway_cents, sway_db, sway_hz, sway_delay_sec: a second slow swing, of pitch and loudness.
        bright_hz, dark_hz: cutoffs of the low pass for the loudest and for the softest stroke; inf for none.
        resonance_db: of that low pass.
    """

    sample: int
    start: int
    end: int
    loop: tuple[int, int] | None
    ratio: float
    vibrato_cents: float = 0.0
    vibrato_hz: float = 0.0
    vibrato_delay_sec: float = 0.0
    sway_cents: float = 0.0
    sway_db: float = 0.0
    sway_hz: float = 0.0
    sway_delay_sec: float = 0.0
    bright_hz: float = math.inf
    dark_hz: float = math.inf
    resonance_db: float = 0.0


@dataclass(frozen=True)
class Envelope:
    """How loudness goes from the stroke on.

    Attributes:
        delay_sec, attack_sec, hold_sec: until it begins to rise, while it rises (evenly), while it stays.
        decay_sec: a fall of 100 dB would take so long.
        sustain_db: how far it falls, >= 0; 100 and more: to silence.
        release_sec: after the key is up a fall of 100 dB takes so long.
    """

    delay_sec: float
    attack_sec: float
    hold_sec: float
    decay_sec: float
    sustain_db: float
    release_sec: float


@dataclass(frozen=True)
class Region:
    """A tone as it sounds for one key and velocity.

    Attributes:
        tone, envelope: see there.
        gain: factor, of the font's attenuation and the velocity.
        brightness: 0 the tone's dark sound .. 1 its bright one.
        pan: -1 left .. 1 right.
    """

    tone: Tone
    envelope: Envelope
    gain: float
    brightness: float
    pan: float


class Struck:
    """A preset as an instrument that can be struck; what was struck once is remembered.

    Args:
        font: where it is from.
        preset: the one.
    """

    def __init__(self, font: SoundFont, preset: Preset) -> None:
        self._font = font
        self._preset = preset
        self._regions: dict[tuple[int, int], tuple[Region, ...]] = {}

    def regions(self, key: int, velocity: int) -> tuple[Region, ...]:
        """Return what sounds for a key (0..127) and a velocity (1..127); nothing where the preset has no sound.

        Raises:
            SoundFontError: more than `MAX_REGIONS` at once.
        """
        if (key, velocity) not in self._regions:
            # A key between two samples, or a little beyond the last one, is played by its neighbour's.
            near = sorted(range(key - _FILLED_GAP, key + _FILLED_GAP + 1), key=lambda other: abs(other - key))
            found = (tuple(self._resolved(key, velocity, zone_key)) for zone_key in near)
            self._regions[key, velocity] = next(filter(None, found), ())
        return self._regions[key, velocity]

    def _resolved(self, key: int, velocity: int, zone_key: int) -> list[Region]:
        """Return what sounds at `key` by the zones that are for `zone_key`."""
        found: list[Region] = []
        holding: dict[int, list[Zone]] = {}  # by instrument: a font may name one many times
        for outer in self._preset.zones:
            if not outer.holds(zone_key, velocity):
                continue
            index = outer.amounts[g.INSTRUMENT] & 0xFFFF
            instrument = self._font.instruments[index]
            if index not in holding:
                holding[index] = [zone for zone in instrument.zones if zone.holds(zone_key, velocity)]
            for inner in holding[index]:
                found.append(self._region(outer, instrument, inner, key, velocity))
                if len(found) > MAX_REGIONS:
                    raise SoundFontError(
                        f'more than {MAX_REGIONS} samples sound at once for pitch {key} of "{self._preset.name}"',
                        place=self._font.path,
                    )
        return [region for region in found if region.tone.end - region.tone.start > 1]

    def _region(self, outer: Zone, instrument: Instrument, inner: Zone, key: int, velocity: int) -> Region:
        own = {**instrument.common.amounts, **inner.amounts}
        added = {**self._preset.common.amounts, **outer.amounts}
        amounts = _Amounts(own, added)
        sample = self._font.samples[own[g.SAMPLE] & 0xFFFF]
        fixed_key, fixed_velocity = amounts[g.KEY], amounts[g.VELOCITY]
        key = fixed_key if fixed_key >= 0 else key
        velocity = max(1, fixed_velocity) if fixed_velocity >= 0 else velocity
        # How much a Vorbis stream holds is known when it is read.
        most = _ENDLESS if sample.is_vorbis else sample.end - sample.start
        start = min(max(amounts.places(g.START, g.START_COARSE), 0), most)
        end = min(most + amounts.places(g.END, g.END_COARSE), most)
        loop = (
            sample.loop_start + amounts.places(g.LOOP_START, g.LOOP_START_COARSE),
            sample.loop_end + amounts.places(g.LOOP_END, g.LOOP_END_COARSE),
        )
        is_looped = amounts[g.SAMPLE_MODE] not in _AT_END and start <= loop[0] < loop[1] - 1 and loop[1] <= end
        root = amounts[g.ROOT_KEY] if amounts[g.ROOT_KEY] >= 0 else sample.root_key
        cents = (
            (key - root) * amounts[g.SCALE_TUNING]
            + 100 * amounts[g.COARSE_TUNE]
            + amounts[g.FINE_TUNE]
            + sample.cents
            + amounts[g.MOD_ENVELOPE_TO_PITCH] * _held_share(amounts)
        )
        said = ((instrument.common, inner), (self._preset.common, outer))
        bright_hz, dark_hz = _cutoffs(amounts, _by_velocity(said, g.FILTER_CUTOFF, _SOFTEST_CENTS))
        curve = 2.0 * max(_by_velocity(said, g.ATTENUATION, _SQUARE_CENTIBELS), 0) / _SQUARE_CENTIBELS
        tone = Tone(
            sample=own[g.SAMPLE] & 0xFFFF,
            start=start,
            end=end,
            loop=loop if is_looped else None,
            ratio=sample.rate_hz * 2.0 ** (min(max(cents, -12_000), 12_000) / 1_200),
            vibrato_cents=amounts[g.VIBRATO_TO_PITCH],
            vibrato_hz=g.hertz(amounts[g.VIBRATO_RATE]),
            vibrato_delay_sec=g.seconds(amounts[g.VIBRATO_DELAY]),
            sway_cents=amounts[g.MOD_LFO_TO_PITCH],
            sway_db=amounts[g.MOD_LFO_TO_VOLUME] / 10,
            sway_hz=g.hertz(amounts[g.MOD_LFO_RATE]),
            sway_delay_sec=g.seconds(amounts[g.MOD_LFO_DELAY]),
            bright_hz=bright_hz,
            dark_hz=dark_hz,
            resonance_db=amounts[g.FILTER_Q] / 10,
        )
        return Region(
            tone,
            _envelope(amounts, key),
            gain=g.gain(_FONT_ATTENUATION * amounts[g.ATTENUATION]) * (velocity / 127) ** curve,
            brightness=velocity / 127,
            pan=amounts[g.PAN] / 500,
        )


class _Amounts:
    """The amount of each generator: the instrument's or the default, and what the preset adds, within bounds."""

    def __init__(self, own: Mapping[int, int], added: Mapping[int, int]) -> None:
        self._own, self._added = own, added

    def __getitem__(self, kind: int) -> int:
        default, least, most = g.BOUNDS[kind]
        amount = self._own.get(kind, default)
        if kind not in g.INSTRUMENT_ONLY:
            amount += self._added.get(kind, 0)
        return min(max(amount, least), most)

    def places(self, fine: int, coarse: int) -> int:
        """Return an offset in frames."""
        return self[fine] + 32_768 * self[coarse]


def _held_share(amounts: _Amounts) -> float:
    """Return how far the second envelope is up while a key is held."""
    return 1.0 - amounts[g.MOD_ENVELOPE_SUSTAIN] / 1_000


def _cutoffs(amounts: _Amounts, softest_cents: int) -> tuple[float, float]:
    """Return the cutoffs in Hz of the loudest and the softest stroke; inf for an open filter."""
    loud = amounts[g.FILTER_CUTOFF] + amounts[g.MOD_ENVELOPE_TO_FILTER] * _held_share(amounts)
    loud = min(max(loud, _LEAST_CENTS), _OPEN_CENTS)
    soft = min(max(loud + softest_cents, _LEAST_CENTS), _OPEN_CENTS)
    loud_hz, soft_hz = (math.inf if cents >= _OPEN_CENTS else g.hertz(cents) for cents in (loud, soft))
    return loud_hz, soft_hz


def _by_velocity(said: tuple[tuple[Zone, Zone], tuple[Zone, Zone]], kind: int, usual: int) -> int:
    """Return what the velocity adds to a generator at most.

    Args:
        said: zones (common, own) of the instrument, whose modulators replace the usual one, and of the preset, whose
            are added.
        kind: of generator.
        usual: the amount of the specification's own modulator.
    """
    inner, outer = (
        [
            modulator.amount
            for zone in zones
            for modulator in zone.modulators
            if modulator.generator == kind and modulator.source in _VELOCITY_SOURCES
        ]
        for zones in said
    )
    return (inner[-1] if inner else usual) + (outer[-1] if outer else 0)


def _envelope(amounts: _Amounts, key: int) -> Envelope:
    hold = amounts[g.HOLD] + (60 - key) * amounts[g.KEY_TO_HOLD]
    decay = amounts[g.DECAY] + (60 - key) * amounts[g.KEY_TO_DECAY]
    return Envelope(
        delay_sec=g.seconds(amounts[g.DELAY]),
        attack_sec=g.seconds(amounts[g.ATTACK]),
        hold_sec=g.seconds(min(hold, 5_000)),
        decay_sec=g.seconds(min(decay, 8_000)),
        sustain_db=amounts[g.SUSTAIN] / 10,
        release_sec=g.seconds(amounts[g.RELEASE]),
    )
