"""Sheets of composed pieces of all forms, put to other programs: what do they say, and can they be played?

Run by hand:

    python tests/benchmarks/bench_sheets.py FOLDER [--compose 104] [--jobs 2] [--lilypond] [--json FILE]

FOLDER holds pieces (NAME.musicxml with NAME.mid beside it); `--compose N` composes N into it first: all forms in the
styles that prefer them, in turn, and every sixth for another ensemble (quartet, organ, choir, voice and piano). Each
sheet is drawn by verovio, read by music21, MuseScore and `musicxml2ly` (`--lilypond`: and engraved), each MIDI file by
mido, pretty_midi and symusic. Debian's packages musescore3 and lilypond are needed, and `pip install pretty_midi
symusic`.

A grip is what one hand holds when something is struck; it cannot be played where it is wider than a tenth without a
roll, or has more than five notes. What a pianist's pedal would hold counts all the same.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from sheet_readers import (
    bars_not_full,
    counted,
    lilypond_complaints,
    midi_complaints,
    musescore_complaints,
    music21_complaints,
    verovio_complaints,
)

from composer.corpus import read_score
from composer.export.musicxml import musicxml_bytes
from composer.export.sheets import Sheet, pdf_of
from composer.fill.playable_hands import Grip, unplayable
from composer.plan.forms import form_names
from composer.score import Score
from composer.style import readable_styles, styles_folder

_OTHER_ENSEMBLES = (
    ("sonata", "quartet"),
    ("fugue", "organ"),
    ("fugue", "chorale"),
    ("minuet", "quartet"),
    ("song", "song"),
)
_SHOWN = 12  # complaints of each kind


def main() -> None:
    """Compose, draw, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of the pieces")
    parser.add_argument("--compose", type=int, default=0, metavar="N", help="so many pieces first")
    parser.add_argument("--jobs", type=int, default=1, help="pieces that are composed at once")
    parser.add_argument("--lilypond", action="store_true", help="engrave with LilyPond too")
    parser.add_argument("--json", type=Path, help="write everything there")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(partial(compose_into, options.folder), range(options.compose)))
    files = sorted(options.folder.glob("*.musicxml"))
    if not files:
        parser.error(f"no .musicxml in {options.folder}")
    needed = ("mscore3", "musicxml2ly", *(("lilypond",) if options.lilypond else ()))
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        parser.error(f"not installed: {', '.join(missing)}")
    scores = {file: read_score(file).score for file in files}
    rows: dict[str, list[str]] = {}

    def ask(name: str, complaints: dict[Path, list[str]]) -> None:
        count, lines = counted(complaints)
        rows[name] = lines
        print(f"{name:44} {len(files) - count} of {len(files)}", flush=True)
        print(*(f"    {line}" for line in lines[:_SHOWN]), sep="\n", end="\n" if lines else "")

    print(f"{len(files)} pieces, {sum(len(score.bars) for score in scores.values())} bars")
    ask("drawn by verovio without a warning", verovio_complaints(files))
    ask("all bars and voices full", each(files, lambda file: list(bars_not_full(file))))
    ask("read by music21, note for note", each(files, music21_complaints))
    ask("read by MuseScore, note for note", musescore_complaints(files))
    ask(
        "read by musicxml2ly" + (" and LilyPond" if options.lilypond else ""),
        each(files, lambda file: lilypond_complaints(file, engraves=options.lilypond)),
    )
    ask("read again and written again: the same bytes", each(files, lambda file: rewritten(file, scores[file])))
    played = [file.with_suffix(".mid") for file in files if file.with_suffix(".mid").exists()]
    ask("MIDI the same in mido, pretty_midi, symusic", each(played, midi_complaints))
    ask("playable by two hands", {file: [told(score, grip) for grip in grips(score)] for file, score in scores.items()})
    print(f"{sum(map(num_grips, scores.values()))} grips, {len(rows['playable by two hands'])} cannot be played")
    started = time.perf_counter()
    pages = sum(pdf_of(Sheet(score)).count(b"/Type /Page\n") for score in scores.values())
    print(f"{pages} pages as PDF in {time.perf_counter() - started:.1f} s")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def compose_into(folder: Path, number: int) -> None:
    """Compose the piece of a number, unless it is there."""
    from composer.pipeline import compose

    forms = form_names()
    form, ensemble = forms[number % len(forms)], None
    if number % 6 == 5:
        form, ensemble = _OTHER_ENSEMBLES[number // 6 % len(_OTHER_ENSEMBLES)]
    cards = readable_styles(styles_folder())[0]
    styles = [card.name for card in cards if form in card.forms] or ["bach"]
    style = styles[number // len(forms) % len(styles)]
    name = "-".join(filter(None, (form, style, str(number), ensemble)))
    outputs = tuple(folder / f"{name}{extension}" for extension in (".mid", ".musicxml", ".yaml"))
    if not all(path.exists() for path in outputs):
        compose(form=form, style=style, seed=number, ensemble=ensemble, outputs=outputs)
        print(f"\rcomposed {number + 1}", end="", flush=True)


def each(files: Iterable[Path], ask: Callable[[Path], list[str]]) -> dict[Path, list[str]]:
    """Return what is said of each file."""
    return {file: ask(file) for file in files}


def rewritten(file: Path, score: Score) -> list[str]:
    """Return whether a sheet that was read and written twice is the same."""
    once = musicxml_bytes(score)
    return [] if once == musicxml_bytes(read_score(file).score) else ["not the same"]


def grips(score: Score) -> list[Grip]:
    """Return what no hand can play in the keyboard parts."""
    return [grip for part in score.parts if part.staves > 1 for grip in unplayable(part)]


def num_grips(score: Score) -> int:
    """Return how often a hand of a keyboard part strikes something."""
    return sum(
        len({(note.onset_tick, note.staff) for note in part.notes if not note.is_grace})
        for part in score.parts
        if part.staves > 1
    )


def told(score: Score, grip: Grip) -> str:
    """Return a grip in words."""
    hand = ("right", "left")[grip.staff - 1]
    held: Sequence[int] = [note.pitch for note in grip.notes if note.onset_tick < grip.tick]
    struck = [note.pitch for note in grip.notes if note.onset_tick == grip.tick]
    return f"bar {score.bar_at(grip.tick).number}, {hand} hand: {struck}" + (f", holding {held}" if held else "")


if __name__ == "__main__":
    main()
