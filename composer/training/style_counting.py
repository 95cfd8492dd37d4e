"""The pieces of a style → its files: statistics, index of runs, card.

What a recipe does not say is told from the pieces: for whom they are written, the forms and the player that suit it.
Harmony, phrases, melody and form are counted from all pieces, for whomever they are written; how a texture moves and
how high it lies from pieces for the style's own ensemble, and where these are too few, from what is nearest to it.
Note values are read as the network reads them (`roll/values.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from composer.analysis.copying import make_run_index, runs_to_bytes
from composer.analysis.outline import ensemble_of, outline_of
from composer.analysis.statistics import AnalysedPiece, style_statistics
from composer.analysis.works import work_id
from composer.corpus.reader import ReadResult, read_pieces
from composer.errors import MusicFileError, TrainingError
from composer.files import write_all_atomic
from composer.outline import Outline
from composer.parallel import parallel_map
from composer.plan.forms import form_names
from composer.roll.values import read_on_grid
from composer.score import Score
from composer.style import Source, StyleCard, style_to_yaml
from composer.style_statistics import CadenceFormula, Counts, StyleStatistics, meter_class, statistics_to_json
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter
from composer.training.recipes import StyleRecipe

RUNS_SUFFIX = ".runs.safetensors"
MIN_TEXTURE_PIECES = 5  # for the style's ensemble; fewer, and the nearest ensemble's are counted too
# Notes of the pieces in the index of runs, which then has some 350 kB at most; those of pieces in parts count twice:
# their parts are lines, and the outer ones once more.
_MAX_RUN_NOTES = 120_000
_STAVES = 2  # of a keyboard piece; more are parts
# The usual register: this much beyond the 10th percentile below and the 90th above.
_BELOW_SEMITONES = 5
_ABOVE_SEMITONES = 3
_MAX_OFF_GRID_SHARE = 0.1  # of a piece's notes; more, and its bars are only a guess
_UNSTATED_QUARTER_BPM = (60.0, 120.0)  # in a MIDI file: of LilyPond, and of most other programs
_GOLDEN = 0.6180339887498949  # multiples of it, less their whole parts, spread evenly however many there are

# What suits an ensemble, best first; of the forms those that there are, a minuet only where 3/4 is usual.
_FORMS = {
    "chorale": ("chorale", "strophic"),
    "keyboard": ("binary", "ternary", "rondo", "sonata", "minuet", "variations"),
    "line": ("binary", "ternary", "rondo"),
    "organ": ("fugue", "ritornello", "binary", "ternary"),
    "quartet": ("sonata", "minuet", "rondo", "ternary"),
    "song": ("song", "strophic", "ternary", "binary"),
}
_PLAYERS = {"chorale": "chorale", "organ": "organ", "song": "romantic"}
_USUAL_PLAYER = "classical"
_USUAL_ENSEMBLE = "keyboard"
# Whose textures come nearest to an ensemble's; in a song the piano's, with the voice as the top of the right hand.
_NEAREST = {
    "keyboard": ("song", "organ", "quartet"),
    "organ": ("keyboard", "chorale"),
    "quartet": ("chorale", "keyboard"),
    "chorale": ("quartet", "organ"),
    "song": ("keyboard",),
}
_PIECES_IN_WORDS = {
    "chorale": ("piece for voices", "pieces for voices"),
    "keyboard": ("keyboard piece", "keyboard pieces"),
    "line": ("melody", "melodies"),
    "organ": ("organ piece", "organ pieces"),
    "quartet": ("quartet", "quartets"),
    "song": ("song", "songs"),
}
# Meter class → (slow, usual, fast) beats a minute, where neither the scores nor the recipe say: a walk, and round it.
_USUAL_TEMPO_BPM = {
    "duple": (60.0, 84.0, 112.0),
    "triple": (72.0, 96.0, 132.0),
    "quadruple": (66.0, 92.0, 120.0),
    "compound": (48.0, 66.0, 88.0),
}
_SIX_FOUR = 2  # inversion
_NO_WAY_TO_HALF = (3, 4, 7)  # roots, in semitones above the tonic: the mediants, the dominant itself
_MIN_BEGINNINGS, _MIN_BEGINNING_SHARE = 2, 0.003  # phrases that begin with a chord; of all; fewer are slips
_MIN_METER_SHARE = 0.01  # of a style's pieces; rarer meters are not in its card
_SLOWER, _FASTER = 0.8, 1.25  # round the only tempo that is stated


@dataclass(frozen=True)
class StylePiece:
    """A piece that a style is counted from.

    Attributes:
        path: its file.
        number: of the piece, where its file holds several; else "".
        score: in the note values in which the network reads it.
        ensemble: whom it is for.
        work: id of the work.
        source: place of its collection among the recipe's sources.
        weight: how many times it counts.
    """

    path: Path
    number: str
    score: Score
    ensemble: str
    work: str
    source: int = 0
    weight: int = 1


def read_style_pieces(path: Path, values: str = "auto") -> list[StylePiece]:
    """Return the pieces of a file that a style can be counted from; none of a file that cannot be read.

    `compose corpus` names such files; live performances and pieces that fit no grid are left out too.

    Args:
        path: the file.
        values: how note values are read (`roll.values.read_on_grid`).
    """
    try:
        results = read_pieces(path)
    except MusicFileError:
        return []
    return [
        StylePiece(
            path,
            result.piece,
            read_on_grid(_with_stated_tempos(result), values=values).score,
            ensemble_of(result.score),
            work_id(path, result.score.title, result.piece),
        )
        for result in results
        if not result.is_live
        and result.off_grid_share <= _MAX_OFF_GRID_SHARE
        and any(part.notes for part in result.score.parts)
    ]


def _with_stated_tempos(result: ReadResult) -> Score:
    """Return the score without the one tempo that a program writes into a MIDI file where nobody stated any."""
    score = result.score
    if result.format == "midi" and len(score.tempos) == 1:
        beat_quarters = score.meter_at(score.tempos[0].tick).beat_ticks / TICKS_PER_QUARTER
        if any(abs(score.tempos[0].beat_bpm * beat_quarters - usual) < 0.01 for usual in _UNSTATED_QUARTER_BPM):
            return replace(score, tempos=())
    return score


def write_style_files(
    recipe: StyleRecipe, training: Sequence[StylePiece], held_out: Sequence[StylePiece], *, output: Path
) -> StyleCard:
    """Count a style from pieces and write its files, all or none.

    Raises:
        TrainingError: there is nothing to count.
        OutputError: the place cannot be written.
    """
    card, files = count_style(recipe, training, held_out)
    files[f"{recipe.name}.yaml"] = style_to_yaml(card).encode()
    write_all_atomic({output / name: content for name, content in files.items()})
    return card


def count_style(
    recipe: StyleRecipe, training: Sequence[StylePiece], held_out: Sequence[StylePiece]
) -> tuple[StyleCard, dict[str, bytes]]:
    """Count a style from pieces; return its card, and by name the files that the card names.

    Without held-out pieces there is no index of runs.

    Raises:
        TrainingError: there is nothing to count.
    """
    if not training:
        raise TrainingError(f'no piece to count for the style "{recipe.name}"', mend="give more pieces")
    analysed = [
        AnalysedPiece(piece.score, outline, piece.weight)
        for piece, outline in zip(training, parallel_map(_outline, training), strict=True)
    ]
    counts = Counter(piece.ensemble for piece in training)
    ensemble = recipe.ensemble or counts.most_common(1)[0][0]
    nearest = texture_ensembles(counts, ensemble)
    statistics = without_slips(style_statistics(analysed, name=recipe.name))
    if len(nearest) < len(counts):
        own = style_statistics((one for one in analysed if one.outline.ensemble in nearest), name=recipe.name)
        statistics = replace(
            statistics,
            registers=own.registers,
            textures=own.textures,
            texture_changes=own.texture_changes,
            figures=own.figures,
            phrase_ends=own.phrase_ends,
            halting_bars=own.halting_bars,
            holding_bars=own.holding_bars,
        )
    card = replace(
        _card(replace(recipe, ensemble=ensemble), statistics),
        runs=f"{recipe.name}{RUNS_SUFFIX}" if held_out else "",
        sources=_counted_sources(recipe.sources, training),
        ensembles=dict(sorted(counts.items(), key=lambda row: (-row[1], row[0]))),
        textures_from=_in_words({one: counts[one] for one in nearest}),
    )
    files = {card.statistics: statistics_to_json(statistics).encode()}
    if card.runs:
        files[card.runs] = runs_file(training, held_out, ensemble=ensemble)
    return card, files


def runs_file(training: Sequence[StylePiece], held_out: Sequence[StylePiece], *, ensemble: str) -> bytes:
    """Return the index of runs of a style: of all its pieces, or of an even choice, those for its ensemble first."""
    places = {True: 0, False: 0}
    ranked = []
    for piece in training:
        is_own = piece.ensemble == ensemble
        ranked.append((not is_own, places[is_own] * _GOLDEN % 1.0, piece))
        places[is_own] += 1
    chosen, notes = [], 0
    for *_, piece in sorted(ranked, key=lambda row: row[:2]):
        if notes < _MAX_RUN_NOTES:
            chosen.append(piece)
            parts = piece.score.parts
            notes += sum(len(part.notes) for part in parts) * (2 if len(parts) > _STAVES else 1)
    return runs_to_bytes(make_run_index((piece.score for piece in chosen), (piece.score for piece in held_out)))


def texture_ensembles(pieces: Mapping[str, int], ensemble: str) -> tuple[str, ...]:
    """Return the ensembles whose pieces tell how a style's textures move.

    Args:
        pieces: ensemble → how many pieces for it there are.
        ensemble: that of the style.

    Returns:
        The style's own, and as long as there are fewer than `MIN_TEXTURE_PIECES`, the nearest ones that there are; all
        where none of these is there.
    """
    found: list[str] = []
    for one in (ensemble, *_NEAREST.get(ensemble, ())):
        if sum(pieces[name] for name in found) >= MIN_TEXTURE_PIECES:
            break
        if pieces.get(one):
            found.append(one)
    return tuple(found) or tuple(pieces)


def without_slips(statistics: StyleStatistics) -> StyleStatistics:
    """Return the statistics without what is more likely a slip of the analysis than a habit of the style.

    These are formulas that are no cadence, and chords with which next to no phrase begins.
    """
    first = {mode: _without_rare(chords) for mode, chords in statistics.first_chords.items()}
    return replace(
        statistics,
        cadence_formulas=tuple(filter(is_plausible, statistics.cadence_formulas)),
        first_chords=first,
        opening_chords={
            mode: {chord: count for chord, count in chords.items() if chord in first.get(mode, {})}
            for mode, chords in statistics.opening_chords.items()
        },
    )


def _without_rare(chords: Counts) -> Counts:
    least = max(_MIN_BEGINNINGS, _MIN_BEGINNING_SHARE * sum(chords.values()))
    return {chord: count for chord, count in chords.items() if count >= least} or chords


def is_plausible(formula: CadenceFormula) -> bool:
    """Return whether a formula can be what it was heard as; the others are slips of the analysis.

    No cadence comes to rest on a six-four chord, and a dominant that only goes on, or that was taken for a mediant
    while its fifth was late, makes no half cadence.
    """
    before, last = (parse_chord(chord, formula.mode) for chord in formula.chords[-2:])
    if last.inversion == _SIX_FOUR:
        return False
    return formula.kind != Cadence.HC or before.relative_root not in _NO_WAY_TO_HALF


def _outline(piece: StylePiece) -> Outline:
    return outline_of(piece.score, ensemble=piece.ensemble)


def _card(recipe: StyleRecipe, statistics: StyleStatistics) -> StyleCard:
    few = _MIN_METER_SHARE * sum(statistics.meters.values())
    meters = tuple(meter for meter, count in Counter(statistics.meters).most_common(6) if count >= few)
    registers = statistics.registers
    low = registers.get("lower", registers["bass"])  # a single line has no lower hand
    high = registers.get("upper", registers["melody"])
    return StyleCard(
        name=recipe.name,
        description=recipe.description,
        composer=recipe.composer,
        ensemble=recipe.ensemble,
        forms=recipe.forms or _forms(recipe.ensemble, meters),
        meters=meters,
        tempo_bpm={meter: _tempo(meter, statistics) for meter in meters} | dict(recipe.usual_tempo_bpm),
        register=(round(low[0]) - _BELOW_SEMITONES, round(high[2]) + _ABOVE_SEMITONES),
        player=recipe.player or _PLAYERS.get(recipe.ensemble, _USUAL_PLAYER),
        statistics=f"{recipe.name}.json",
        figures={name: values[1] for name, values in statistics.figures.items()},
    )


def _counted_sources(sources: tuple[Source, ...], pieces: Iterable[StylePiece]) -> tuple[Source, ...]:
    """Return the sources that pieces were counted from, with how many; several that say so themselves as they are."""
    if len(sources) > 1 and any(source.pieces for source in sources):
        return sources
    counts: Counter[int] = Counter()
    bars: Counter[int] = Counter()
    for piece in pieces:
        counts[piece.source] += 1
        bars[piece.source] += sum(bar.number > 0 for bar in piece.score.bars)
    return tuple(
        replace(source, pieces=counts[place], bars=bars[place]) for place, source in enumerate(sources) if counts[place]
    )


def _in_words(counts: Mapping[str, int]) -> str:
    """Return `1 keyboard piece and 82 songs`."""
    words = [f"{count} {_PIECES_IN_WORDS.get(one, (one, one))[count != 1]}" for one, count in counts.items()]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _forms(ensemble: str, meters: Sequence[str]) -> tuple[str, ...]:
    known = form_names()
    suiting = [form for form in _FORMS.get(ensemble, _FORMS[_USUAL_ENSEMBLE]) if form in known]
    return tuple(form for form in suiting if form != "minuet" or "3/4" in meters[:3])


def _tempo(meter: str, statistics: StyleStatistics) -> tuple[float, float, float]:
    kind = meter_class(parse_meter(meter))
    slow, usual, fast = statistics.tempo_bpm.get(kind) or _USUAL_TEMPO_BPM[kind]
    if slow == fast:  # one piece states it
        return round(_SLOWER * usual, 1), usual, round(_FASTER * usual, 1)
    return slow, usual, fast
