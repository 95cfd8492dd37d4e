"""The performer beside 22 pianists: correlations with their mean on the Vienna 4x22 excerpts.

Run by hand, with the evaluation data in the folder that RITORNELLO_DATA names (`performance/vienna4x22_notes.csv.gz`
and `performance/phrases.json`; measured with, never shipped):

    RITORNELLO_DATA=… python tests/benchmarks/bench_performer.py

What is measured, each as a correlation with the mean over the pianists of the z-scored quantity: velocity of all
notes and of the top line, the inter-onset intervals, the length of beat, tactus and bar. Floor: deadpan, which has no
variance at all, and white jitter. Rules: published quantities. Ours: all rules, the strengths for each excerpt chosen
on the three others (`performer_choice.py` says how); those that were chosen on all four stand apart. Ceiling: two
pianists, and one pianist against the mean of the others. With every phrase boundary moved by one bar the bar tempo must
fall, or the phrases would not be used. Then the players as they are shipped, two takes of each, the colour of their
noise, and the time that 200 bars take.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
from performer_choice import FREE, chosen
from pianists import MEASURES, Array, Excerpt, correlation, late, load, mean_of, quantities

from composer.outline import Outline
from composer.perform import PLAYERS, Player, perform
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

SILENT = Player(
    name="silent",
    description="no rule at all",
    final_ritard=0.0,
    high_loud=0.0,
    melody_voicing=0.0,
    metrical_accent=0.0,
    duration_contrast=0.0,
    double_duration=0.0,
    social_duration_care=0.0,
    legato=0.0,
    phrase_gap=0.0,
    repetition_gap=0.0,
    lead_ms_per_unit=0.0,
    chord_roll=0.0,
    chord_jitter_ms=0.0,
    tempo_noise=0.0,
    velocity_noise=0.0,
)
ARCH: dict[str, float] = {"phrase_arch": 1.5, "subphrase_arch": 1.5, "arch_loudness": 3.0}
SIMPLE = {**ARCH, "high_loud": 1.0, "final_ritard": 0.9}
FULL = {
    **SIMPLE,
    "melody_voicing": 1.0,
    "duration_contrast": 1.0,
    "double_duration": 1.0,
    "metrical_accent": 1.0,
}
ALL = {**FULL, "texture_loud": 1.0, "bass_voicing": 1.0, "social_duration_care": 1.0}
SYSTEMS: dict[str, dict[str, float]] = {
    "high-loud": {"high_loud": 1.0},
    "top note +4 dB": {"melody_voicing": 1.0},
    "thick is loud": {"texture_loud": 1.0},
    "phrase arch": ARCH,
    "final ritard": {"final_ritard": 0.9},
    "SIMPLE": SIMPLE,
    "SIMPLE + voicing": {**SIMPLE, "melody_voicing": 1.0},
    "FULL": FULL,
    "FULL + texture, bass, care": ALL,
}
# Rules that stand beside: what each of them would add to ALL at its published strength.
OTHERS = (
    "phrase_ritardando",
    "triple_duration",
    "faster_uphill",
    "leap_tone_duration",
    "punctuation",
    "melodic_charge",
    "harmonic_charge",
)
SHIPPED = ("bach", "haydn", "mozart", "beethoven", "schubert", "schumann", "chopin")
TAKES = range(1, 9)

Measured = dict[str, float]


def main() -> None:
    """Print the tables."""
    folder = os.environ.get("RITORNELLO_DATA")
    if not folder:
        sys.exit("set RITORNELLO_DATA to the folder that holds performance/")
    excerpts = load(Path(folder) / "performance", "L6")
    print(f"mean of {len(excerpts)} excerpts, r with the mean of the pianists\n")
    heading()
    row("floor: deadpan", [measure(excerpt, SILENT, expression=0.0) for excerpt in excerpts])
    row("floor: white jitter", [jitter(excerpt) for excerpt in excerpts])
    for name, strengths in SYSTEMS.items():
        row(f"rules: {name}", [measure(excerpt, with_strengths(strengths)) for excerpt in excerpts])
    left_out = [chosen([other for other in excerpts if other is not one], ALL, SILENT) for one in excerpts]
    ours = [with_strengths(strengths) for strengths in left_out]
    row("ours: chosen on the others", [measure(*pair) for pair in zip(excerpts, ours, strict=True)])
    row("human pair", [pairs(excerpt) for excerpt in excerpts])
    row("human, one against the rest", [ceiling(excerpt, np.mean) for excerpt in excerpts])
    row("the least typical pianist", [ceiling(excerpt, np.min) for excerpt in excerpts])
    print("\nevery phrase boundary one bar late")
    row("rules: FULL", [measure(late(excerpt), with_strengths(FULL)) for excerpt in excerpts])
    row("ours", [measure(late(excerpt), player) for excerpt, player in zip(excerpts, ours, strict=True)])
    print("\nours, by excerpt")
    for excerpt, player in zip(excerpts, ours, strict=True):
        row(excerpt.name, [measure(excerpt, player)])
    tuned = chosen(excerpts, ALL, SILENT)
    print_choice(excerpts, left_out, tuned)
    print("apart, chosen on all four themselves:")
    row("tuned on all", [measure(excerpt, with_strengths(tuned)) for excerpt in excerpts])
    print_shares(excerpts)
    print_players(excerpts)
    print_speed()


def print_choice(excerpts: Sequence[Excerpt], left_out: Sequence[dict[str, float]], tuned: dict[str, float]) -> None:
    """Say which strengths were chosen for each excerpt."""
    print("\nstrengths chosen for each excerpt on the three others; on all four")
    print(
        f"{'':28s}{'published':>13s}" + "".join(f"{excerpt.name[:12]:>13s}" for excerpt in excerpts) + f"{'all':>13s}"
    )
    for name in (*FREE["tempo"], *FREE["loudness"]):
        values = [ALL.get(name, 0.0), *(strengths.get(name, 0.0) for strengths in left_out), tuned.get(name, 0.0)]
        print(f"{name:28s}" + "".join(f"{value:13.2f}" for value in values))


def print_shares(excerpts: Sequence[Excerpt]) -> None:
    """Say what is lost without each rule, and what the others would add."""
    print("\nFULL + texture, bass, care without one rule, and with one more")
    heading()
    for name in ALL:
        row(f"without {name}", [measure(excerpt, with_strengths({**ALL, name: 0.0})) for excerpt in excerpts])
    for name in OTHERS:
        row(f"with {name}", [measure(excerpt, with_strengths({**ALL, name: 1.0})) for excerpt in excerpts])


def print_players(excerpts: Sequence[Excerpt]) -> None:
    """Show the players as they are shipped: near whom they come, how their takes agree, their amplitudes."""
    print("\nplayers as they are shipped, the mean of eight takes")
    heading()
    for name in SHIPPED:
        row(name, [expected(excerpt, PLAYERS[name]) for excerpt in excerpts])
    print("\ntwo takes of one player (1 to 8, all pairs); a pianist's written repeats: tempo .92, velocity .84")
    heading(", slope of the noise")
    for name in SHIPPED:
        results = [takes(excerpt, PLAYERS[name]) for excerpt in excerpts]
        slope = spectral_slope([noise for _, noises in results for noise in noises])
        row(name, [agreement for agreement, _ in results], f"{slope:13.2f}")
    noises = [noise for excerpt in excerpts for noise in residuals(excerpt)]
    print(f"{'pianists round their mean':28s}{'':91s}{spectral_slope(noises):13.2f}")
    print("\nspread: SD of velocity, of log tempo at the beat, tactus, bar; last tactus ÷ median")
    for excerpt in excerpts:
        print(f"{excerpt.name:28s} pianists {spread([quantities(excerpt, played) for played in excerpt.played])}")
        ours = quantities(excerpt, perform(excerpt.score, excerpt.outline, player="chopin"))
        print(f"{'':28s} chopin   {spread([ours])}")


def print_speed() -> None:
    """Print how long a piece of 200 full bars takes."""
    sixteenths = [Note(step * TICKS_PER_QUARTER // 4, 60 + step % 13, TICKS_PER_QUARTER // 4) for step in range(3200)]
    chords = [Note(beat * TICKS_PER_QUARTER, pitch, TICKS_PER_QUARTER, 2) for beat in range(800) for pitch in (40, 47)]
    bars = make_bars(Meter(4, 4), 200)
    score = Score((Part("Piano", sort_notes([*sixteenths, *chords]), 0, 2),), bars)
    started = time.perf_counter()
    perform(score, Outline(bars), player="chopin")
    seconds = time.perf_counter() - started
    print(f"\n200 bars of {len(sixteenths) + len(chords)} notes are performed in {seconds:.2f} s")


def heading(more: str = "") -> None:
    """Print the names of the columns."""
    print(f"{'':28s}" + "".join(f"{name:>13s}" for name in MEASURES) + more)


def row(name: str, results: Sequence[Measured], more: str = "") -> None:
    """Print the mean of several results as one line."""
    means = [np.mean([result[measure] for result in results]) for measure in MEASURES]
    print(f"{name:28s}" + "".join(f"{mean:13.3f}" for mean in means) + more, flush=True)


def with_strengths(strengths: dict[str, float]) -> Player:
    """Return the player of these rules alone, without chance."""
    return replace(SILENT, **strengths)  # type: ignore[arg-type]


# ---------------------------------------------------------------- measures

_PLAYED: dict[int, list[dict[str, Array]]] = {}


def pianists_of(excerpt: Excerpt) -> list[dict[str, Array]]:
    """Return what each pianist did; taken apart once."""
    key = id(excerpt.played)
    if key not in _PLAYED:
        _PLAYED[key] = [quantities(excerpt, played) for played in excerpt.played]
    return _PLAYED[key]


def measure(excerpt: Excerpt, player: Player, *, expression: float = 1.0, take: int = 1) -> Measured:
    """Return the correlations of one performance with the mean of the pianists."""
    ours = perform(excerpt.score, excerpt.outline, player=player, expression=expression, take=take)
    return against(quantities(excerpt, ours), pianists_of(excerpt))


def jitter(excerpt: Excerpt) -> Measured:
    """Return the mean correlation of white jitter: 20 ms an onset, 5 units of velocity."""
    player = replace(SILENT, chord_jitter_ms=20.0, velocity_noise=5.0)
    return averaged([measure(excerpt, player, take=take) for take in range(20)])


def expected(excerpt: Excerpt, player: Player) -> Measured:
    """Return the correlations of the mean of eight takes."""
    played = [perform(excerpt.score, excerpt.outline, player=player, take=take) for take in TAKES]
    values = [quantities(excerpt, performance) for performance in played]
    return against({name: mean_of([row[name] for row in values]) for name in MEASURES}, pianists_of(excerpt))


def ceiling(excerpt: Excerpt, statistic: Callable[[list[float]], float]) -> Measured:
    """Return the mean (or least) correlation of a pianist with the mean of the others."""
    played = pianists_of(excerpt)
    results = [against(one, [other for other in played if other is not one]) for one in played]
    return {name: float(statistic([result[name] for result in results])) for name in MEASURES}


def pairs(excerpt: Excerpt) -> Measured:
    """Return the mean correlation of two pianists."""
    return averaged([agreement(one, other) for one, other in combinations(pianists_of(excerpt), 2)])


def takes(excerpt: Excerpt, player: Player) -> tuple[Measured, list[Array]]:
    """Return the mean correlation of two takes, and how each take's beats differ from the player without chance."""
    played = [perform(excerpt.score, excerpt.outline, player=player, take=take) for take in TAKES]
    values = [quantities(excerpt, performance) for performance in played]
    steady = replace(player, tempo_noise=0.0, chord_jitter_ms=0.0, velocity_noise=0.0)
    rules = quantities(excerpt, perform(excerpt.score, excerpt.outline, player=steady))
    found = averaged([agreement(one, other) for one, other in combinations(values, 2)])
    return found, [row["beat"] - rules["beat"] for row in values]


def residuals(excerpt: Excerpt) -> list[Array]:
    """Return how each pianist's log tempo differs from what the mean of all would have him play."""
    played = pianists_of(excerpt)
    mean = mean_of([values["beat"] for values in played])
    return [values["beat"] - np.polyval(np.polyfit(mean, values["beat"], 1), mean) for values in played]


def spectral_slope(noises: Sequence[Array]) -> float:
    """Return the slope of power over frequency in double logarithm: 0 is white, −1 is 1/f.

    The periodograms of all are put together, each scaled to its variance, so that short and long pieces count alike.
    """
    rows = []
    for noise in noises:
        values = (noise - noise.mean()) * np.hanning(len(noise))
        power = np.abs(np.fft.rfft(values)) ** 2
        frequency = np.arange(len(power)) / len(noise)
        rows += list(zip(frequency[2:], power[2:] / power[2:].sum() * len(power), strict=True))
    frequency, power = np.array(rows).T
    edges = np.geomspace(frequency.min(), 0.5, 9)
    place = np.clip(np.digitize(frequency, edges) - 1, 0, len(edges) - 2)
    bins = [(np.log(frequency[place == b]).mean(), np.log(power[place == b].mean())) for b in np.unique(place)]
    return float(np.polyfit(*np.array(bins).T, 1)[0])


def against(ours: dict[str, Array], pianists: Sequence[dict[str, Array]]) -> Measured:
    """Return the correlation of each quantity with its mean over the pianists."""
    return agreement(ours, {name: mean_of([values[name] for values in pianists]) for name in MEASURES})


def agreement(one: dict[str, Array], other: dict[str, Array]) -> Measured:
    """Return the correlation of each quantity."""
    return {name: correlation(one[name], other[name]) for name in MEASURES}


def averaged(results: Sequence[Measured]) -> Measured:
    """Return the mean of each measure."""
    return {name: float(np.mean([result[name] for result in results])) for name in MEASURES}


def spread(played: Sequence[dict[str, Array]]) -> str:
    """Return the amplitudes of performances as text, mean over them."""
    rows = []
    for values in played:
        last = np.exp(values["tactus"][-1] - np.median(values["tactus"]))
        rows.append([np.nanstd(values[name]) for name in ("velocity", "beat", "tactus", "bar")] + [last])
    return "  ".join(f"{value:6.2f}" for value in np.mean(rows, axis=0))


if __name__ == "__main__":
    main()
