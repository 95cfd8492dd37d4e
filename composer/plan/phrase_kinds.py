"""How bars are divided into phrases: sentences, periods, compound periods and chains, with the cadences inside them.

What it is: lengths are drawn from the style's counts, exactly under the number of bars (every division comes with a
probability proportional to the product of its lengths' weights, which are fitted so that the lengths come about as
often as they were counted), cadences from what the form leaves of the style's (`cadence_balance.py`). A kind adds what
makes it one: the two equal ideas of a sentence, the halves of a period.

Conventions: lengths are whole bars; the styles count halves too, half of which go to either neighbour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from composer.plan.chords import Styles
from composer.plan.model import CadenceName, PhraseKind, ThemePhrase
from composer.style_statistics import meter_class
from composer.theory.key import Mode
from composer.theory.meter import Meter

MAX_PHRASE = 16  # bars, of phrases that the planner makes
COMPOUND_BARS = 12  # from here on a period's halves are more often two phrases than one
LEAST_BARS = 4  # of a sentence or a period
# Beside what the style counts: any length is possible, four bars are the rule where nothing was counted.
LENGTH_PRIOR = {**dict.fromkeys(range(1, MAX_PHRASE + 1), 0.001), 2: 0.01, 4: 0.04, 8: 0.02}
SHORT = 0.4  # factor of phrases of one bar: most of those that are counted are members of a longer one
CADENCE_PRIOR: Mapping[CadenceName, float] = {"PAC": 0.02, "IAC": 0.02, "HC": 0.02, "none": 0.02}
CADENCES: tuple[CadenceName, ...] = ("PAC", "IAC", "HC", "DC", "PC", "none")  # that phrases may be given unasked
ANTECEDENT: Mapping[CadenceName, float] = {"HC": 1.2, "IAC": 1.0}  # factors where the first half of a period ends
REPEATED = 0.2  # factor of a half cadence beside another: the same twice running leads nowhere
FITTINGS = 25  # rounds of `fitted_weights`
MOST_FITTED = 8.0
LEAST_DUE = 0.03  # of its share, of a length or cadence that the phrases beside have too much of
LOOSE_HALVES = 0.25  # share of compound periods whose halves are divided as the style has it
UNDIVIDED = 2.0  # factor of sentences that are one phrase: periods, which never are, take the other half
TWO_IDEAS = 0.5  # share of presentations whose idea and its repetition are phrases of their own, where the style splits


def theme_phrases(
    bars: int,
    kind: str,
    *,
    cadence: CadenceName = "PAC",
    styles: Styles,
    meter: Meter,
    mode: Mode,
    rng: np.random.Generator,
    inside: Mapping[CadenceName, float],
    beside: Sequence[int] = (),
) -> tuple[ThemePhrase, ...]:
    """Return the phrases of a theme, or of a section that is built like one.

    Args:
        bars: in all.
        kind: `sentence` (an idea, its repetition, a continuation as long as both), `period` (antecedent and
            consequent, the first of which ends open), `compound period` (both of which are sentences or periods, or
            long phrases where the style has as many of those), `chain` (as the style has it) or `subject` (one phrase).
        cadence: at the end.
        styles: (weight, statistics).
        meter: of the bars.
        mode: of the home key.
        rng: the theme's or section's stream.
        inside: share of each kind among the cadences inside sections (`cadence_balance.py`).
        beside: bars of the section's other phrases: what they have too much of, these have less of.
    """

    def divided(part: int, end: CadenceName) -> list[ThemePhrase]:
        lengths = split_bars(part, styles=styles, meter=meter, rng=rng, beside=beside)
        if lengths[-1] == 1 and len(lengths) > 1:  # no room for a cadence
            lengths[-2:] = [lengths[-2] + 1]
        kinds = inner_cadences(len(lengths), final=end, inside=inside, rng=rng)
        kinds = [*("none" if b == 1 else k for b, k in zip(lengths[:-1], kinds, strict=False)), end]
        return [ThemePhrase(bars=length, cadence=name) for length, name in zip(lengths, kinds, strict=True)]

    if kind == "subject":
        return (ThemePhrase(bars=bars, cadence=cadence),)
    half = bars // 2
    is_too_long = kind == "sentence" and half > MAX_PHRASE  # its idea would be no phrase any more
    if kind == "chain" or bars < LEAST_BARS or is_too_long:
        return tuple(divided(bars, cadence))
    if kind == "sentence":
        weights = fitted_weights(bars, tuple(length_weights(styles, meter).values()))
        if bars <= MAX_PHRASE and rng.random() < UNDIVIDED * weights[bars - 1] / _ways(bars, weights)[bars]:
            return (ThemePhrase(bars=bars, cadence=cadence),)  # its parts are too short to be phrases
        idea = half // 2
        is_split = half == 2 * idea and rng.random() < TWO_IDEAS * _share(weights[idea - 1], weights[half - 1])
        presentation = [idea, idea] if is_split else [half]
        opening = [ThemePhrase(bars=length, cadence="none") for length in presentation]
        return (*opening, *divided(bars - half, cadence))
    open_end = _antecedent(cadence, cadence_shares(styles, mode), inside, rng)
    if kind == "compound period" and half >= LEAST_BARS:
        counted = length_weights(styles, meter)
        if half <= MAX_PHRASE and rng.random() < _share(counted[half], 2 * counted[half // 2]):
            return (ThemePhrase(bars=half, cadence=open_end), ThemePhrase(bars=bars - half, cadence=cadence))
        draw = rng.random()
        inner = "chain" if draw < LOOSE_HALVES else "sentence" if draw < (1 + LOOSE_HALVES) / 2 else "period"
        parts = [
            theme_phrases(part, inner, cadence=end, styles=styles, meter=meter, mode=mode, rng=rng, inside=inside)
            for part, end in ((half, open_end), (bars - half, cadence))
        ]
        return (*parts[0], *parts[1])
    first = [phrase.bars for phrase in divided(half, open_end)]
    # The consequent answers: it is divided as the antecedent was, and takes what a bar more there may be at its end.
    second = [*first[:-1], first[-1] + bars - 2 * half]
    return (
        *_inside(first, open_end),
        *_inside(second, cadence),
    )


def _inside(lengths: Sequence[int], cadence: CadenceName) -> list[ThemePhrase]:
    """Return half a period: nothing closes in it but its end."""
    ends: list[CadenceName] = ["none"] * (len(lengths) - 1)
    ends.append(cadence)
    return [ThemePhrase(bars=length, cadence=end) for length, end in zip(lengths, ends, strict=True)]


def _antecedent(
    cadence: CadenceName,
    shares: Mapping[CadenceName, float],
    inside: Mapping[CadenceName, float],
    rng: np.random.Generator,
) -> CadenceName:
    """Return how the first half of a period ends: open, and otherwise than the second.

    Half as the style's phrases do, half as those inside sections: a period asks for a half cadence more than others.
    """
    weights = {name: factor * (shares[name] + inside[name]) for name, factor in ANTECEDENT.items() if name != cadence}
    return _pick(weights, rng)


def split_bars(
    bars: int, *, styles: Styles, meter: Meter, rng: np.random.Generator, beside: Sequence[int] = ()
) -> list[int]:
    """Return phrase lengths that add up to `bars`, drawn exactly from the style's lengths, fitted to so many bars.

    Args:
        bars: in all.
        styles: (weight, statistics).
        meter: of the bars.
        rng: stream.
        beside: lengths of the section's other phrases; with them all should come as often as the style has them.
    """
    shares = tuple(length_weights(styles, meter).values())
    weights = fitted_weights(bars, _due(shares, bars, beside)) if bars > LEAST_BARS else shares
    ways = _ways(bars, weights)
    lengths = []
    while bars:
        chances = np.array([weights[n - 1] * ways[bars - n] for n in range(1, min(bars, MAX_PHRASE) + 1)])
        lengths.append(1 + int(rng.choice(len(chances), p=chances / chances.sum())))
        bars -= lengths[-1]
    return lengths


def _due(shares: tuple[float, ...], bars: int, beside: Sequence[int]) -> tuple[float, ...]:
    """Return the shares of lengths that are due after those beside them."""
    whole = np.array(shares) / sum(shares)
    mean = float(whole @ np.arange(1, len(whole) + 1))
    due = whole * (len(beside) + bars / mean)
    for length in beside:
        due[min(length, MAX_PHRASE) - 1] -= 1
    due = np.maximum(due, LEAST_DUE * whole)
    return tuple((due / due.sum()).tolist())


@lru_cache(maxsize=512)
def fitted_weights(bars: int, shares: tuple[float, ...]) -> tuple[float, ...]:
    """Return weights of the lengths 1, 2 ... with which divisions of `bars` come nearest to the shares on average.

    Eight bars are four and four in more ways than three and five and none else: with the shares themselves as weights
    uneven lengths would hardly be drawn. Each weight is scaled by wanted over expected share, again and again, but to
    eight times or an eighth of its share at most.
    """
    wanted = np.array(shares[: min(bars, len(shares))])
    wanted = wanted / wanted.sum()
    weights = wanted.copy()
    for _ in range(FITTINGS):
        ways = _ways(bars, tuple(weights))
        expected = np.array(
            [
                weights[length - 1]
                * sum(ways[before] * ways[bars - length - before] for before in range(bars - length + 1))
                for length in range(1, len(weights) + 1)
            ]
        )
        expected /= expected.sum()
        weights = np.clip(weights * np.sqrt(wanted / expected), wanted / MOST_FITTED, wanted * MOST_FITTED)
    return tuple(weights.tolist())


def _ways(bars: int, weights: Sequence[float]) -> list[float]:
    """Return the total weight of all divisions of 0, 1 ... `bars` bars."""
    ways = [1.0]
    for total in range(1, bars + 1):
        longest = min(total, len(weights))
        ways.append(sum(weights[length - 1] * ways[total - length] for length in range(1, longest + 1)))
    return ways


def length_weights(styles: Styles, meter: Meter) -> dict[int, float]:
    """Return the share of each phrase length in whole bars, 1..`MAX_PHRASE`, that the styles count in such a meter."""
    weights = dict(LENGTH_PRIOR)
    for share, statistics in styles:
        counts = statistics.phrase_lengths.get(meter_class(meter), {})
        whole = whole_bars(counts)
        total = sum(whole.values())
        for length, count in whole.items():
            if 1 <= length <= MAX_PHRASE:
                weights[length] += share * count / total * (SHORT if length == 1 else 1.0)
    return weights


def whole_bars(counts: Mapping[str, int]) -> dict[int, float]:
    """Return counted lengths in whole bars: what lies between two goes to both in halves, and nothing is below one."""
    whole: dict[int, float] = {}
    for text, count in counts.items():
        length = float(text)
        for neighbour in {max(1, int(length)), max(1, -int(-length // 1))}:
            both = 2 if not length.is_integer() and length > 1 else 1
            whole[neighbour] = whole.get(neighbour, 0.0) + count / both
    return whole


def cadence_shares(styles: Styles, mode: Mode) -> dict[CadenceName, float]:
    """Return the share of each kind among all cadences of the styles' pieces in a mode; they sum to 1."""
    shares = dict.fromkeys(CADENCES, 0.0) | dict(CADENCE_PRIOR)
    for share, statistics in styles:
        counts: dict[CadenceName, float] = dict.fromkeys(CADENCES, 0.0)
        for position in statistics.cadence_mix.get(mode, {}).values():
            for kind in CADENCES:
                counts[kind] += position.get(kind, 0)
        total = sum(counts.values())
        for kind, count in counts.items():
            shares[kind] += share * count / total if total else 0.0
    everything = sum(shares.values())
    return {kind: value / everything for kind, value in shares.items()}


def inner_cadences(
    count: int, *, final: CadenceName, inside: Mapping[CadenceName, float], rng: np.random.Generator
) -> list[CadenceName]:
    """Return the cadences of phrases in a row; those before the last one come about as often as `inside` says.

    Args:
        count: phrases, the last included.
        final: cadence of the last.
        inside: share of each kind among the cadences inside sections.
        rng: stream.
    """
    due = {kind: share * (count - 1) for kind, share in inside.items()}
    kinds: list[CadenceName] = []
    for index in range(count - 1):
        neighbours = (kinds[-1] if kinds else None, final if index == count - 2 else None)
        weights = {
            kind: max(due[kind], LEAST_DUE * share) * (REPEATED if kind == "HC" and kind in neighbours else 1.0)
            for kind, share in inside.items()
        }
        kinds.append(_pick(weights, rng))
        due[kinds[-1]] -= 1
    return [*kinds, final]


def draw_kind(bars: int, rng: np.random.Generator) -> PhraseKind:
    """Return how the bars of a section that its theme leaves free are built; mostly a chain."""
    draw = rng.random()
    if bars < LEAST_BARS or bars % 2 or draw < 0.7:
        return "chain"
    if draw < 0.85:
        return "sentence"
    return "compound period" if bars >= COMPOUND_BARS else "period"


def _share(one: float, other: float) -> float:
    return one / (one + other)


def _pick(weights: Mapping[CadenceName, float], rng: np.random.Generator) -> CadenceName:
    kinds = list(weights)
    shares = np.array([weights[kind] for kind in kinds])
    return kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
