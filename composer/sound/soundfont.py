"""Read a sound font (SF2, or SF3 with Vorbis samples): its samples, instruments and presets as they stand in the file.

What it is: the lists of the file, checked against each other, so that no index leads out of them; sound itself is read
when a sample is asked for. Lenient with what programs commonly get wrong (a missing pad byte, a loop that lies outside
its sample), strict with all that could make reading long or large.

Conventions: of a sample, frames are counted from its own beginning. Generators are the numbers of the SoundFont 2.04
specification, section 8.1 (`generators.py` names those in use); amounts are signed 16-bit numbers, but for ranges,
which are (lowest, highest).

Contents: `SoundFont`, `Preset`, `Instrument`, `Zone`, `Sample`, `read_soundfont`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from composer.errors import SoundFontError
from composer.sound.generators import INSTRUMENT, KEY_RANGE, SAMPLE, VELOCITY_RANGE
from composer.sound.riff import Chunk, RiffError, chunks_in, form_of

MAX_LISTS_BYTES = 2**25  # of all lists but the samples; the largest known fonts have some megabytes
MAX_SAMPLE_FRAMES = 2**21  # of one sample, 47 s at 44,100 Hz; a longer one is not read to its end
LEAST_RATE_HZ, MOST_RATE_HZ = 400, 192_000
IS_VORBIS = 0x10  # in a sample's type
_IS_ROM = 0x8000  # the sound lies in the chip of a sound card of 1996
_FULL = (0, 127)

_PRESETS = np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "<u4", 3)])
_INSTRUMENTS = np.dtype([("name", "S20"), ("bag", "<u2")])
_BAGS = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
_GENERATORS = np.dtype([("kind", "<u2"), ("amount", "<i2")])
_MODULATORS = np.dtype([("source", "<u2"), ("kind", "<u2"), ("amount", "<i2"), ("by", "<u2"), ("curve", "<u2")])
_SAMPLES = np.dtype(
    [
        ("name", "S20"),
        ("start", "<u4"),
        ("end", "<u4"),
        ("loop_start", "<u4"),
        ("loop_end", "<u4"),
        ("rate", "<u4"),
        ("root", "u1"),
        ("cents", "i1"),
        ("link", "<u2"),
        ("kind", "<u2"),
    ]
)
# The lists of a sound font in the order of the specification, and what one entry is. Each ends in an entry that only
# says where the one before it stops.
LISTS = {
    b"phdr": _PRESETS,
    b"pbag": _BAGS,
    b"pmod": _MODULATORS,
    b"pgen": _GENERATORS,
    b"inst": _INSTRUMENTS,
    b"ibag": _BAGS,
    b"imod": _MODULATORS,
    b"igen": _GENERATORS,
    b"shdr": _SAMPLES,
}


@dataclass(frozen=True)
class Sample:
    """A sample's entry in the list.

    Attributes:
        name: as in the file.
        start, end: where its sound lies among all samples: 16-bit frames, or bytes of a Vorbis stream.
        loop_start, loop_end: frames from its own beginning; the end is not part of the loop.
        rate_hz: frames a second.
        root_key: the MIDI pitch at which it was recorded, 0..127.
        cents: to be added to its pitch.
        is_vorbis: as in SF3.
    """

    name: str
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate_hz: int
    root_key: int
    cents: int
    is_vorbis: bool


@dataclass(frozen=True)
class Modulator:
    """What a controller adds to a generator: source and curve as the specification codes them."""

    source: int
    generator: int
    amount: int
    by: int = 0
    curve: int = 0


@dataclass(frozen=True)
class Zone:
    """Generators for a range of keys and velocities.

    Attributes:
        keys, velocities: lowest and highest, inclusive.
        amounts: by generator; without the ranges.
        modulators: as they stand.
    """

    keys: tuple[int, int] = _FULL
    velocities: tuple[int, int] = _FULL
    amounts: Mapping[int, int] = field(default_factory=dict)
    modulators: tuple[Modulator, ...] = ()

    def holds(self, key: int, velocity: int) -> bool:
        """Whether it is for this key and velocity."""
        return self.keys[0] <= key <= self.keys[1] and self.velocities[0] <= velocity <= self.velocities[1]


@dataclass(frozen=True)
class Instrument:
    """Zones that each sound a sample, and what holds for all of them."""

    name: str
    zones: tuple[Zone, ...]
    common: Zone = field(default_factory=Zone)


@dataclass(frozen=True)
class Preset:
    """Zones that each sound an instrument, and what holds for all of them."""

    name: str
    bank: int
    program: int
    zones: tuple[Zone, ...]
    common: Zone = field(default_factory=Zone)


@dataclass(frozen=True)
class SoundFont:
    """A sound font.

    Attributes:
        path: its file.
        presets: by (bank, program); the first where several have one number.
        instruments, samples: in the file's order; zones hold their indices.
        sound: where the samples' sound lies in the file.
    """

    path: Path
    presets: Mapping[tuple[int, int], Preset]
    instruments: tuple[Instrument, ...]
    samples: tuple[Sample, ...]
    sound: Chunk

    def sample_bytes(self, sample: Sample) -> bytes:
        """Return the bytes of a sample's sound: 16-bit numbers or a Vorbis stream.

        Raises:
            SoundFontError: the file has changed or cannot be read.
        """
        width = 1 if sample.is_vorbis else 2
        most = self.sound.size if sample.is_vorbis else MAX_SAMPLE_FRAMES * width
        size = min((sample.end - sample.start) * width, most)
        try:
            with self.path.open("rb") as file:
                file.seek(self.sound.start + sample.start * width)
                content = file.read(size)
        except OSError as error:
            raise SoundFontError(f"cannot read: {error.strerror or error}", place=self.path) from error
        if len(content) < size:
            raise SoundFontError(f'the sample "{sample.name}" is cut off', place=self.path)
        return content


def read_soundfont(path: Path) -> SoundFont:
    """Read the lists of a sound font.

    Raises:
        SoundFontError: the file cannot be read, or is no sound font, or a damaged one.
    """
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            return _read(file, file.tell(), path)
    except RiffError as error:
        raise SoundFontError(f"this is no sound font: {error}", place=path, mend="an .sf2 or .sf3 file") from error
    except OSError as error:
        raise SoundFontError(f"cannot read: {error.strerror or error}", place=path) from error


def _read(file: BinaryIO, size: int, path: Path) -> SoundFont:
    form, start, end = form_of(file, size)
    if form != b"sfbk":
        raise RiffError(f'it is a RIFF file of the kind "{form.decode("latin-1")}"')
    parts = {chunk.form: chunk for chunk in chunks_in(file, start, end) if chunk.name == b"LIST"}
    for name in (b"sdta", b"pdta"):
        if name not in parts:
            raise RiffError(f'the list "{name.decode()}" is missing')
    sound = next((c for c in chunks_in(file, parts[b"sdta"].start, parts[b"sdta"].end) if c.name == b"smpl"), None)
    if sound is None:
        raise RiffError('the chunk "smpl" is missing')
    if parts[b"pdta"].size > MAX_LISTS_BYTES:
        raise RiffError(f"its lists are longer than {MAX_LISTS_BYTES // 2**20} MB")
    lists = _lists(file, parts[b"pdta"])
    samples = tuple(_samples(lists[b"shdr"][:-1], sound))
    instruments = tuple(
        Instrument(_text(row["name"]), *zones)
        for row, zones in _owned(lists, b"inst", b"ibag", b"igen", b"imod", SAMPLE, len(samples))
    )
    presets: dict[tuple[int, int], Preset] = {}
    for row, zones in _owned(lists, b"phdr", b"pbag", b"pgen", b"pmod", INSTRUMENT, len(instruments)):
        preset = Preset(_text(row["name"]), int(row["bank"]), int(row["program"]), *zones)
        presets.setdefault((preset.bank, preset.program), preset)
    if not presets:
        raise RiffError("there is no preset in it")
    return SoundFont(path, presets, instruments, samples, sound)


def _lists(file: BinaryIO, part: Chunk) -> dict[bytes, NDArray[np.void]]:
    found: dict[bytes, NDArray[np.void]] = {}
    for chunk in chunks_in(file, part.start, part.end):
        if chunk.name in LISTS and chunk.name not in found:
            dtype = LISTS[chunk.name]
            file.seek(chunk.start)
            content = file.read(chunk.size)
            found[chunk.name] = np.frombuffer(content[: len(content) // dtype.itemsize * dtype.itemsize], dtype)
    for name in LISTS:
        if not len(found.get(name, ())):
            raise RiffError(f'the list "{name.decode()}" is missing')
    return found


def _samples(rows: NDArray[np.void], sound: Chunk) -> list[Sample]:
    found = []
    for row in rows:
        is_vorbis = bool(row["kind"] & IS_VORBIS)
        start, end, rate_hz = int(row["start"]), int(row["end"]), int(row["rate"])
        if row["kind"] & _IS_ROM:
            start = end = 0
        if start > end or end > sound.size // (1 if is_vorbis else 2):
            raise RiffError(f'the sample "{_text(row["name"])}" lies outside the file')
        # Loops are counted from the sample's beginning where it is a Vorbis stream, else from the first sample's.
        offset = 0 if is_vorbis else start
        found.append(
            Sample(
                _text(row["name"]),
                start,
                end,
                int(row["loop_start"]) - offset,
                int(row["loop_end"]) - offset,
                rate_hz if LEAST_RATE_HZ <= rate_hz <= MOST_RATE_HZ else 44_100,
                int(row["root"]) if row["root"] <= 127 else 60,
                int(row["cents"]),
                is_vorbis,
            )
        )
    return found


def _owned(
    lists: Mapping[bytes, NDArray[np.void]],
    owner: bytes,
    bag: bytes,
    generator: bytes,
    modulator: bytes,
    target: int,
    num_targets: int,
) -> list[tuple[np.void, tuple[tuple[Zone, ...], Zone]]]:
    """Return each preset or instrument with its zones and what is common to them.

    Args:
        lists: of the file.
        owner, bag, generator, modulator: the names of the lists.
        target: the generator that ends a zone: what it sounds.
        num_targets: how many of those there are.
    """
    owners, bags = lists[owner], lists[bag]
    # Else a few bytes could say that each of thousands of zones has all generators of the file.
    for places, name in ((owners["bag"], owner), (bags["generator"], bag), (bags["modulator"], bag)):
        if (places[1:] < places[:-1]).any():
            raise RiffError(f'the list "{name.decode()}" does not rise')
    if owners["bag"][-1] >= len(bags):
        raise RiffError(f'the list "{owner.decode()}" leads out of the file')
    places, amounts, changes = bags.tolist(), lists[generator].tolist(), lists[modulator].tolist()
    found = []
    for row, following in pairwise(owners):
        zones: list[Zone] = []
        common = Zone()
        for index in range(int(row["bag"]), int(following["bag"])):
            (from_amount, from_change), (to_amount, to_change) = places[index], places[index + 1]
            zone = _zone(amounts[from_amount:to_amount], changes[from_change:to_change])
            if target in zone.amounts:
                if not zone.amounts[target] & 0xFFFF < num_targets:
                    raise RiffError(f'a zone of "{_text(row["name"])}" leads nowhere')
                zones.append(zone)
            elif index == row["bag"]:  # others that sound nothing are to be passed over
                common = zone
        found.append((row, (tuple(zones), common)))
    return found


def _zone(amounts: list[tuple[int, int]], changes: list[tuple[int, ...]]) -> Zone:
    by_kind = dict(amounts)
    keys, velocities = (_range(by_kind.pop(kind, None)) for kind in (KEY_RANGE, VELOCITY_RANGE))
    return Zone(keys, velocities, by_kind, tuple(Modulator(*change) for change in changes))


def _range(amount: int | None) -> tuple[int, int]:
    """Return the two bytes of a range; all there is where none is stated."""
    return _FULL if amount is None else (amount & 0xFF, amount >> 8 & 0xFF)


def _text(name: bytes) -> str:
    return bytes(name).split(b"\0")[0].decode("latin-1").strip()
