"""Write a sound font: the inverse of `soundfont.py`.

Conventions: a file holds either 16-bit samples (SF2) or Vorbis streams (SF3), as its samples say; the places in
`Sample.start` and `Sample.end` are made anew. The same values give the same bytes.

Contents: `soundfont_bytes`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from composer.sound.generators import INSTRUMENT, KEY_RANGE, SAMPLE, VELOCITY_RANGE
from composer.sound.soundfont import IS_VORBIS, LISTS, Instrument, Preset, Sample, Zone

_REST_FRAMES = 46  # zeros behind each 16-bit sample (specification, section 6.1)
_LAST = {KEY_RANGE: -2, VELOCITY_RANGE: -1}  # these come first, in this order; what a zone sounds comes last
_Row = tuple[object, ...]


def soundfont_bytes(
    presets: Iterable[Preset],
    instruments: Iterable[Instrument],
    samples: Sequence[tuple[Sample, bytes]],
    *,
    info: Mapping[str, str],
) -> bytes:
    """Return the bytes of a sound font.

    Args:
        presets, instruments: whose zones hold indices into the instruments and the samples.
        samples: each with its sound: little-endian 16-bit frames, or a Vorbis stream.
        info: texts by their four letters: INAM, ICOP, ICMT …
    """
    lists: dict[bytes, list[_Row]] = {name: [] for name in LISTS}
    sound = bytearray()
    is_vorbis = any(sample.is_vorbis for sample, _ in samples)
    for sample, content in samples:
        lists[b"shdr"].append(_sample_row(sample, content, len(sound)))
        sound += content if sample.is_vorbis else content + bytes(2 * _REST_FRAMES)
    for preset in sorted(presets, key=lambda preset: (preset.bank, preset.program)):
        row = (preset.name.encode("latin-1"), preset.program, preset.bank, len(lists[b"pbag"]), (0, 0, 0))
        lists[b"phdr"].append(row)
        _add_zones(lists, (preset.common, *preset.zones), b"pbag", b"pgen", b"pmod", INSTRUMENT)
    for instrument in instruments:
        lists[b"inst"].append((instrument.name.encode("latin-1"), len(lists[b"ibag"])))
        _add_zones(lists, (instrument.common, *instrument.zones), b"ibag", b"igen", b"imod", SAMPLE)
    lists[b"phdr"].append((b"EOP", 0, 0, len(lists[b"pbag"]), (0, 0, 0)))
    lists[b"inst"].append((b"EOI", len(lists[b"ibag"])))
    lists[b"shdr"].append((b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0))
    for bag, generator, modulator in ((b"pbag", b"pgen", b"pmod"), (b"ibag", b"igen", b"imod")):
        lists[bag].append((len(lists[generator]), len(lists[modulator])))
        lists[generator].append((0, 0))
        lists[modulator].append((0, 0, 0, 0, 0))
    version = struct.pack("<HH", 3 if is_vorbis else 2, 0 if is_vorbis else 1)
    texts = b"".join(_chunk(name.encode("ascii"), _even(text.encode("latin-1") + b"\0")) for name, text in info.items())
    body = b"sfbk" + _list(b"INFO", _chunk(b"ifil", version) + _chunk(b"isng", b"EMU8000\0") + texts)
    body += _list(b"sdta", _chunk(b"smpl", bytes(sound)))
    body += _list(b"pdta", b"".join(_chunk(name, np.array(lists[name], LISTS[name]).tobytes()) for name in LISTS))
    return _chunk(b"RIFF", body)


def _sample_row(sample: Sample, content: bytes, place: int) -> _Row:
    start = place if sample.is_vorbis else place // 2
    end = start + (len(content) if sample.is_vorbis else len(content) // 2)
    offset = 0 if sample.is_vorbis else start
    loop = (offset + sample.loop_start, offset + sample.loop_end)
    kind = 1 | (IS_VORBIS if sample.is_vorbis else 0)  # a mono sample: left and right are matters of zones
    name = sample.name.encode("latin-1")
    return (name, start, end, *loop, sample.rate_hz, sample.root_key, sample.cents, 0, kind)


def _add_zones(
    lists: dict[bytes, list[_Row]], zones: Iterable[Zone], bag: bytes, generator: bytes, modulator: bytes, target: int
) -> None:
    for zone in zones:
        amounts = dict(zone.amounts)
        for kind, (least, most) in ((KEY_RANGE, zone.keys), (VELOCITY_RANGE, zone.velocities)):
            if (least, most) != (0, 127):
                amounts[kind] = least | most << 8
        if not amounts and not zone.modulators:
            continue  # nothing in common
        lists[bag].append((len(lists[generator]), len(lists[modulator])))
        for kind in sorted(amounts, key=lambda kind: (kind == target, _LAST.get(kind, kind))):
            lists[generator].append((kind, amounts[kind]))
        for change in zone.modulators:
            lists[modulator].append((change.source, change.generator, change.amount, change.by, change.curve))


def _even(text: bytes) -> bytes:
    return text + bytes(len(text) % 2)  # FluidSynth refuses texts of odd length


def _list(form: bytes, content: bytes) -> bytes:
    return _chunk(b"LIST", form + content)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
