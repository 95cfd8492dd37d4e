"""Meters heard in the notes: how often the right one, beside always saying 4/4 and beside partitura; fits the weights.

Run by hand, with scores in the folder `corpora` of the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_meter.py [--every N] [--partitura N] [--weights FILE]

What is measured: pieces are read with their time signature, which is then hidden; `meter_finder` is fitted on four
fifths of the works and asked for the rest (five folds; songs and quartets of one composer, opera of Chopin and volumes
of one library stay together). `exact`: the time signature is right. `kin`: right up to the length of the bar (2/4, 4/4
and 2/2 are one; 3/8, 6/8 and 12/8). `lines`: kin, and the heard bar lines are bar lines of the piece. `sure`: share of
the pieces where a kin has a confidence of .95 or more, and how often it is then right. Vocal polyphony before 1650 is
left out: its bars are an editor's. `--partitura N` asks partitura's `estimate_time` for the upper number of every N-th
piece (a quarter lasting half a second); it is right where that is the bar's, the beat's or the unit's count.

`--weights FILE` fits on everything and writes the table that stands in `composer/corpus/meter_weights.py`.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from music_folder import music_folder
from scipy.optimize import minimize

from composer.corpus.meter_features import GROUPS, METERS, STEP_TICKS, list_candidates, meter_features, steps_of
from composer.corpus.meter_finder import kin
from composer.corpus.reader import read_score
from composer.errors import MusicFileError
from composer.score import Note
from composer.theory.meter import Meter

Floats = npt.NDArray[np.float64]
FOLDERS = ("chopin", "chorales", "lieder", "mutopia", "quartets", "romantic_keyboard")
SUFFIXES = {".mid", ".krn", ".mxl", ".musicxml"}
RIDGE = 2.0
FOLDS = 5
SURE = 0.95
SURE_PICKUP = 0.9  # a pickup that was itself heard is believed from here on


@dataclass(frozen=True)
class Row:
    """A piece.

    Attributes:
        folder, work: where it is from, and what it must not be parted from.
        meter: as the file says.
        pickup_step: as the file says; None where it does not.
        candidates, features: as of `meter_finder`; [candidate, feature].
        truth: bool [candidate].
        notes: kept for partitura only.
    """

    folder: str
    work: str
    meter: Meter
    pickup_step: int | None
    candidates: list[tuple[Meter, int]]
    features: npt.NDArray[np.float32]
    truth: npt.NDArray[np.bool_]
    notes: tuple[Note, ...]


def work_of(path: Path, root: Path) -> str:
    """Return what a file must stay together with."""
    folder, name = path.relative_to(root).parts[0], path.name
    if folder == "mutopia":
        return f"{path.parent.name} {'__'.join(name.split('__')[1:2])}"
    if folder in ("lieder", "quartets"):
        return f"{folder} {path.parent.name}"
    if folder == "chopin":
        return f"{folder} {name[:3]}"
    return f"{folder} {name.split('_')[0] if folder == 'romantic_keyboard' else name}"


def read_row(path: Path, root: Path, keep_notes: bool) -> Row | None:
    """Read a piece up to its first change of meter; None where it cannot be judged."""
    try:
        result = read_score(path)
    except MusicFileError:
        return None
    score = result.score
    meter, first = score.bars[0].meter, score.bars[0]
    end_tick = next((bar.onset_tick for bar in score.bars if bar.meter != meter), score.end_tick)
    notes = [note for _, note in score.notes() if not note.is_grace and note.onset_tick < end_tick]
    piece = steps_of(notes, end_tick=end_tick)
    if meter not in METERS or piece is None or end_tick < 6 * meter.bar_ticks:
        return None
    pickup_tick = first.duration_tick if first.number == 0 else 0
    is_known = result.pickup_confidence >= SURE_PICKUP
    candidates = list_candidates(piece)
    truth = [one == meter and (not is_known or step * STEP_TICKS == pickup_tick) for one, step in candidates]
    if not any(truth):  # a pickup that is no candidate
        truth = [one == meter for one, _ in candidates]
    return Row(
        path.relative_to(root).parts[0],
        work_of(path, root),
        meter,
        pickup_tick // STEP_TICKS if is_known else None,
        candidates,
        meter_features(piece, candidates).astype(np.float32),
        np.array(truth),
        tuple(notes) if keep_notes else (),
    )


def fit(rows: Sequence[Row]) -> Floats:
    """Return the weights: maximum likelihood of the true candidates (their sum, where several may be), with a ridge."""
    features = np.concatenate([row.features for row in rows])
    truth = np.concatenate([row.truth for row in rows]).astype(np.float64)
    counts = [len(row.candidates) for row in rows]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    of_row = np.repeat(np.arange(len(rows)), counts)
    scale = features.std(axis=0) + 1e-6
    features = ((features - features.mean(axis=0)) / scale).astype(np.float32)

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = features @ weights.astype(np.float32)
        shares = np.exp(scores - np.maximum.reduceat(scores, starts)[of_row]).astype(np.float64)
        total = np.add.reduceat(shares, starts)
        right = np.add.reduceat(shares * truth, starts) + 1e-30
        slope = (shares / total[of_row] - shares * truth / right[of_row]).astype(np.float32)
        value = -np.log(right / total).sum() + RIDGE / 2 * weights @ weights
        return float(value), (features.T @ slope).astype(np.float64) + RIDGE * weights

    found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return np.asarray(found.x / scale, dtype=np.float64)


@dataclass(frozen=True)
class Heard:
    """What was heard of a piece."""

    row: Row
    meter: Meter
    pickup_step: int
    kin_confidence: float

    @property
    def is_kin(self) -> bool:
        """True where it is right up to the length of the bar."""
        return kin(self.meter) == kin(self.row.meter)

    @property
    def has_lines(self) -> bool:
        """True where every bar line of the longer meter is one of the shorter."""
        shorter = min(self.meter.bar_ticks, self.row.meter.bar_ticks) // STEP_TICKS
        return self.is_kin and (self.pickup_step - (self.row.pickup_step or 0)) % shorter == 0


def hear(row: Row, weights: Floats) -> Heard:
    """Ask for a meter, as `find_meter` does."""
    scores = row.features @ weights
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    sums: Counter[Meter] = Counter()
    for (meter, _), share in zip(row.candidates, shares, strict=True):
        sums[meter] += float(share)
    best = sums.most_common(1)[0][0]
    _, pickup = max(
        (share, -step) for (meter, step), share in zip(row.candidates, shares, strict=True) if meter == best
    )
    return Heard(row, best, -pickup, sum(share for meter, share in sums.items() if kin(meter) == kin(best)))


def line(name: str, heard: Sequence[Heard]) -> str:
    """One line of the table."""

    def share(rights: Sequence[bool]) -> str:
        return f"{np.mean(rights):8.1%}" if rights else f"{'-':>8}"

    sure = [one for one in heard if one.kin_confidence >= SURE]
    truths = [one.row.meter for one in heard]
    return (
        f"{name:20}{len(heard):7}"
        + share([one.meter == one.row.meter for one in heard])
        + share([one.is_kin for one in heard])
        + share([one.has_lines for one in heard if one.row.pickup_step is not None])
        + f"{len(sure) / len(heard):9.1%}"
        + share([one.is_kin for one in sure])
        + share([meter == Meter(4, 4) for meter in truths])
        + share([kin(meter) == kin(Meter(4, 4)) for meter in truths])
    )


def beside_partitura(rows: Sequence[Row]) -> str:
    """Ask partitura for the upper number of each piece."""
    from partitura.musicanalysis import estimate_time

    kind = [("onset_sec", "f4"), ("duration_sec", "f4"), ("pitch", "i4"), ("velocity", "i4"), ("id", "U8")]
    right = failed = 0
    for row in rows:
        table = [(n.onset_tick / 20160, n.duration_tick / 20160, n.pitch, 64, "") for n in row.notes[:3000]]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                upper = int(estimate_time(np.array(table, dtype=kind))["meter_numerator"])
        except (ValueError, IndexError, KeyError, ZeroDivisionError):
            failed += 1
            continue
        right += upper in {row.meter.upper, row.meter.beats}
    share = right / len(rows)
    return f"partitura: the upper number, or the beats of the bar, in {share:.1%} of {len(rows)}; {failed} failed"


def table_of(weights: Floats) -> str:
    """Return the weights as `meter_weights.py` holds them."""
    lines, at = [], 0
    for name, columns in GROUPS.items():
        values = ", ".join(f"{value:.2f}" for value in weights[at : at + len(columns)])
        lines.append(f'    "{name}": ({values}),')
        at += len(columns)
    return "WEIGHTS: dict[str, tuple[float, ...]] = {\n" + "\n".join(lines) + "\n}\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every N-th file")
    parser.add_argument("--partitura", type=int, default=0, metavar="N", help="ask partitura for every N-th piece")
    parser.add_argument("--weights", type=Path, help="fit on all pieces and write the table there")
    options = parser.parse_args()
    root = music_folder() / "corpora"
    paths = sorted(p for name in FOLDERS for p in (root / name).rglob("*") if p.suffix in SUFFIXES)[:: options.every]
    found = Parallel(n_jobs=-1, batch_size=8)(delayed(read_row)(p, root, bool(options.partitura)) for p in paths)
    rows = [row for row in found if row is not None]
    print(f"{len(paths)} files, {len(rows)} with six bars or more of one of {', '.join(map(str, METERS))}")
    works = sorted({row.work for row in rows})
    fold_of = dict(zip(works, np.random.default_rng(1).permutation(len(works)) % FOLDS, strict=True))
    heard = []
    for fold in range(FOLDS):
        weights = fit([row for row in rows if fold_of[row.work] != fold])
        heard += [hear(row, weights) for row in rows if fold_of[row.work] == fold]
    print(
        f"{'':20}{'pieces':>7}{'exact':>8}{'kin':>8}{'lines':>8}{'sure':>9}{'right':>8}"
        f"{'4/4':>8}{'its kin':>8}   (the last two: always saying 4/4)"
    )
    for name in FOLDERS:
        print(line(name, [one for one in heard if one.row.folder == name]))
    print(line("all", heard))
    for meter in METERS:
        said = Counter(str(one.meter) for one in heard if one.row.meter == meter)
        print(f"  {meter!s:5} heard as", ", ".join(f"{name} {count}" for name, count in said.most_common(5)))
    if options.partitura:
        print(beside_partitura(rows[:: options.partitura]))
    if options.weights:
        options.weights.write_text(table_of(fit(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
