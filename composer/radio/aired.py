"""One piece of the programme, composed: what is told of it, and what its channel needs.

Contents: `RadioWishes`, `Aired`, `air`, `numbered`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from composer.errors import FillError, PlanError
from composer.export.page import page_bytes
from composer.export.writers import EXTENSIONS, PART_EXTENSIONS
from composer.pipeline import compose
from composer.plan.brief import StyleWish
from composer.radio.programme import Item

_MAX_TRIES = 3  # of one piece, each with another seed, before the programme gives up


@dataclass(frozen=True, kw_only=True)
class RadioWishes:
    """What all pieces of a programme have in common.

    Attributes:
        style, ensemble, bars, temperature, guidance, style_guidance, device, expression, player, take, soundfont: as
            `composer.compose`.
        outputs: files of each piece, numbered by `numbered`.
        as_midi, as_page: what the channel needs.
    """

    style: StyleWish | None = None
    ensemble: str | None = None
    bars: int | None = None
    temperature: float | None = None
    guidance: float | None = None
    style_guidance: float | None = None
    device: str = "auto"
    expression: float | None = None
    player: str | None = None
    take: int | None = None
    soundfont: Path | None = None
    outputs: tuple[Path, ...] = ()
    as_midi: bool = False
    as_page: bool = False


@dataclass(frozen=True)
class Aired:
    """A composed piece of the programme.

    Attributes:
        number: from 1.
        title, form, style, key: of the plan, in words.
        num_bars: as written.
        length_sec: how long it is played.
        composing_sec: how long it took to make, with all that is made of it.
        files: that were written.
        midi, page: for the channel; None where it has no need of it.
    """

    number: int
    title: str
    form: str
    style: str
    key: str
    num_bars: int
    length_sec: float
    composing_sec: float
    files: tuple[Path, ...] = ()
    midi: bytes | None = None
    page: bytes | None = None


def air(item: Item, wishes: RadioWishes) -> Aired:
    """Compose a piece of the programme.

    Raises:
        FillError, PlanError: none of three seeds gave acceptable music, or a plan.
        StyleError, OptionError, SoundFontError, OutputError: as `composer.compose`.
    """
    started = time.perf_counter()
    for attempt in range(_MAX_TRIES):
        try:
            piece = compose(
                form=item.form,
                style=wishes.style,
                key=str(item.key),
                bars=wishes.bars,
                ensemble=wishes.ensemble,
                seed=item.seed + attempt,
                temperature=wishes.temperature,
                guidance=wishes.guidance,
                style_guidance=wishes.style_guidance,
                device=wishes.device,
                expression=wishes.expression,
                player=wishes.player,
                take=wishes.take,
                soundfont=wishes.soundfont,
                outputs=tuple(numbered(path, item.number) for path in wishes.outputs),
            )
            break
        except (FillError, PlanError):
            if attempt == _MAX_TRIES - 1:
                raise
    midi = piece.finished.midi if wishes.as_midi else None
    page = page_bytes(piece.finished) if wishes.as_page else None
    return Aired(
        number=item.number,
        title=piece.title,
        form=piece.form,
        style=piece.style,
        key=str(item.key),
        num_bars=sum(section.bars for section in piece.sections),
        length_sec=piece.performance.duration_sec,
        composing_sec=time.perf_counter() - started,
        files=piece.files,
        midi=midi,
        page=page,
    )


def numbered(path: Path, number: int) -> Path:
    """Return the file of one piece: `night/piece.parts.pdf` becomes `night/piece-001.parts.pdf`."""
    name = path.name.lower()
    known = [known for known in (*EXTENSIONS, *PART_EXTENSIONS) if name.endswith(known)]
    extension = path.name[-len(max(known, key=len)) :] if known else path.suffix
    return path.with_name(f"{path.name[: len(path.name) - len(extension)]}-{number:03}{extension}")
