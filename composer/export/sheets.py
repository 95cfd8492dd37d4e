"""A Score as sheets: engraved pages as SVG, PDF and PNG, of the whole or part by part.

Conventions: sharps and flats of a title are printed as signs (`Rondo in B♭ major`). A score of three staves or more has
smaller ones, a part larger ones.

Contents: `Sheet`, `sheet_of`, `parts_of`, `svg_pages`, `pdf_of`, `png_pages_of`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import composer
from composer.corpus.jumps import JumpSign
from composer.export.engraving import SCORE_STAFF_MM, STAFF_MM, Heading, engrave
from composer.export.musicxml import musicxml_bytes
from composer.export.musicxml_directions import dynamics_of_part
from composer.export.pdf import pdf_bytes
from composer.export.png import png_pages
from composer.outline import Outline
from composer.score import Score, Slur

_MAX_LARGE_STAVES = 2
_ACCIDENTAL = re.compile(r"\b([A-Ha-h])(#|b)(?=\s|$|,)")


@dataclass(frozen=True)
class Sheet:
    """What is engraved.

    Attributes:
        score: with the parts that are shown.
        outline: local keys and chords, for the spelling.
        jumps: da capo and fine.
        part: whose part it is; empty for a whole score.
    """

    score: Score
    outline: Outline | None = None
    jumps: tuple[JumpSign, ...] = ()
    part: str = ""


def parts_of(sheet: Sheet) -> tuple[tuple[str, Sheet], ...]:
    """Return (name, sheet) of each player's part; parts of one name are numbered."""
    names = [part.name or "Part" for part in sheet.score.parts]
    found = []
    for index, part in enumerate(sheet.score.parts):
        name = names[index]
        if names.count(name) > 1:
            name += f" {names[: index + 1].count(name)}"
        own = replace(
            sheet.score,
            parts=(replace(part, name=name),),
            slurs=_slurs(sheet.score, index),
            dynamics=tuple(dynamics_of_part(sheet.score, index)),
        )
        found.append((name, replace(sheet, score=own, part=name)))
    return tuple(found)


def svg_pages(sheet: Sheet) -> tuple[str, ...]:
    """Return the engraved pages as SVG documents.

    Raises:
        OptionError: the score cannot be written, see `musicxml_bytes`.
    """
    score = sheet.score
    heading = Heading(
        title=_with_signs(score.title),
        composer=score.composer,
        part=sheet.part,
        small_print=" · ".join(score.credits),
    )
    num_staves = sum(part.staves for part in score.parts)
    staff_mm = STAFF_MM if num_staves <= _MAX_LARGE_STAVES else SCORE_STAFF_MM
    return engrave(musicxml_bytes(score, outline=sheet.outline, jumps=sheet.jumps), heading, staff_mm=staff_mm)


def pdf_of(sheet: Sheet) -> bytes:
    """Return the sheet as a PDF; errors as `svg_pages`."""
    title = " – ".join(filter(None, (_with_signs(sheet.score.title), sheet.part)))
    creator = f"Ritornello {composer.__version__}"
    return pdf_bytes(svg_pages(sheet), title=title, author=sheet.score.composer, creator=creator)


def png_pages_of(sheet: Sheet) -> tuple[bytes, ...]:
    """Return the sheet's pages as PNG pictures; errors as `svg_pages`."""
    return png_pages(pdf_of(sheet))


def _with_signs(title: str) -> str:
    return _ACCIDENTAL.sub(lambda found: found[1] + {"#": "♯", "b": "♭"}[found[2]], title)


def _slurs(score: Score, part: int) -> tuple[Slur, ...]:
    return tuple(replace(slur, part=0) for slur in score.slurs if slur.part == part)
