"""What a survey of a folder looks like on the screen: rows, lines and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

from composer.errors import printable

from .summary import Row, listed

if TYPE_CHECKING:  # its import takes numpy, which `compose corpus --help` does without
    from composer.analysis.survey import FileSurvey, FolderSurvey
    from composer.analysis.survey_totals import Totals

_SHOWN_FILES = 10  # files left out that are told one by one
_SHOWN_KINDS = 8  # reasons, kinds of mended lines, keys, meters
_SAME_AS = {"same": "the notes of", "transposed": "transposed from", "near": "near to"}  # by the kind of duplicate


def totals_rows(totals: Totals) -> list[Row]:
    """Return labels and texts of the totals."""
    sizes = ((totals.bars, "bar"), (totals.notes, "note"), (totals.graces, "grace note"))
    rows = [
        ("files", f"{count_of(totals.usable_files, 'file')} read of {totals.files:,}: {_counts(totals.formats)}"),
        *listed("left out", _kinds(totals.left_out, "other reason")),
        *listed("passed over", [_counts(totals.passed_over)] if totals.passed_over else []),
        ("pieces", f"{count_of(totals.pieces, 'piece')} of {count_of(totals.works, 'work')}"),
        ("", ", ".join(count_of(*row) for row in sizes)),
        ("on 16ths", f"{totals.notes_on_grid:.1%} of the notes, {totals.bars_on_grid:.1%} of the bars"),
        *listed("played", [f"{count_of(totals.live, 'live performance')}, not counted there"] if totals.live else []),
        ("meters", f"{_counts(totals.meters)} bars"),
        ("keys", f"{_counts(totals.keys)}; {totals.heard_keys:,} from the notes, the others as the scores state"),
        ("ensembles", _counts(totals.ensembles)),
        ("tempos", _tempos(totals)),
        ("duplicates", _duplicates(totals)),
        ("licences", _counts(totals.licences, shown=len(totals.licences))),
        ("mended", count_of(totals.mended_files, "file") if totals.mended_files else "nothing"),
        *listed("", _kinds(totals.mended, "other kind")),
    ]
    return [(label, _on_one_line(text)) for label, text in rows]


def totals_json(totals: Totals) -> str:
    """Return the totals as JSON."""
    return json.dumps(asdict(totals), indent=2, ensure_ascii=True)


def left_out_lines(survey: FolderSurvey) -> Iterator[str]:
    """Yield a line for each of the first files that were left out, and how many more there are."""
    errors = [file.error for file in survey.files if file.error]
    yield from (f"left out: {_on_one_line(error)}" for error in errors[:_SHOWN_FILES])
    if len(errors) > _SHOWN_FILES:
        yield f"left out: {count_of(len(errors) - _SHOWN_FILES, 'more file')}; --list names them"


def file_lines(survey: FolderSurvey) -> Iterator[str]:
    """Yield a line for each file: what is in it, and the first earlier file that it is a duplicate of."""
    earlier: dict[str, str] = {}
    for pair in survey.duplicates:
        (first, _), (second, _) = survey.pieces[pair.first], survey.pieces[pair.second]
        if first is not second:
            earlier.setdefault(second.path, f"{_SAME_AS[pair.kind]} {first.path}")
    for file in survey.files:
        yield _on_one_line(file.error or f"{file.path}: {_contents(file, earlier.get(file.path))}")


def _contents(file: FileSurvey, same_as: str | None) -> str:
    pieces = file.pieces
    mended = sum(len(piece.mended) for piece in pieces)
    music = dict.fromkeys([*(p.key for p in pieces if p.key), *(meter for p in pieces for meter in p.meters)])
    told = [
        *([count_of(len(pieces), "piece")] if len(pieces) > 1 else []),
        count_of(sum(piece.bars for piece in pieces), "bar"),
        count_of(sum(piece.notes for piece in pieces), "note"),
        *islice(music, _SHOWN_KINDS),
        *(["…"] if len(music) > _SHOWN_KINDS else []),
        *([f"{mended} mended"] if mended else []),
        *([same_as] if same_as else []),
    ]
    return ", ".join([*told, file.provenance.licence or "licence unknown"])


def _on_one_line(text: str) -> str:
    """Return a stranger's text as one line: a name with a line break in it must not look like two."""
    return printable(text).replace("\n", "\\n")


def _kinds(counts: Mapping[str, int], name: str) -> list[str]:
    """Return `12 × what happened`, a line each for the first ones, and how many are not shown."""
    lines = [f"{number:,} × {kind}" for kind, number in islice(counts.items(), _SHOWN_KINDS)]
    more = len(counts) - _SHOWN_KINDS
    return [*lines, f"and {count_of(more, name)}"] if more > 0 else lines


def _tempos(totals: Totals) -> str:
    if totals.slowest_bpm is None:
        return "none stated"
    slowest, fastest = f"{totals.slowest_bpm:.0f}", f"{totals.fastest_bpm:.0f}"
    tempi = slowest if slowest == fastest else f"{slowest} to {fastest}"
    minutes = totals.duration_sec / 60
    length = f"{minutes / 60:.1f} hours" if minutes >= 100 else f"{minutes:.1f} minutes"
    return f"stated in {count_of(totals.tempos, 'piece')}: {tempi} beats a minute, together {length}"


def _duplicates(totals: Totals) -> str:
    found = totals.duplicates
    if not found.groups:
        return "none"
    identical = count_of(found.identical_files, "file")
    return (
        f"{count_of(found.same, 'piece')} with the notes of another ({identical} byte for byte), "
        f"{found.transposed:,} transposed, {count_of(found.near, 'pair')} near (an edition, an arrangement, a setting "
        f"of one tune); {count_of(found.distinct, 'piece')} where each of these counts once"
    )


def count_of(number: int, name: str) -> str:
    """Return `1 bar`, `2,000 bars`."""
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"


def _counts(counts: Mapping[str, int], *, shown: int = _SHOWN_KINDS) -> str:
    """Return `4/4 120, 3/4 80`, the first ones, and how many are not shown."""
    parts: Iterable[str] = (f"{name} {number:,}" for name, number in islice(counts.items(), shown))
    rest = sum(islice(counts.values(), shown, None))
    return ", ".join([*parts, *([f"others {rest:,}"] if rest else [])])
