"""Which cadences are left for the phrases inside sections, when the sections of a form end as it says.

What it is: a style counts all phrases of its pieces together, those that end sections too. A form ends nearly all its
sections with a perfect or a half cadence, leads through developments without any, and has more sections than real
pieces of its length. So the phrases inside its other sections have more of what the form has too little of.

Conventions: what is left depends on the form and the style alone, never on a piece's own sections: a change in one
section changes no other.
"""

from __future__ import annotations

from composer.plan.chords import Styles
from composer.plan.forms import DEVELOPED, FormTemplate, SectionRow, joined_passages
from composer.plan.model import CadenceName
from composer.plan.phrase_kinds import cadence_shares, length_weights
from composer.theory.key import Mode
from composer.theory.meter import Meter

LEAST_LEFT = 0.15  # of a kind's share, of which a form has enough without them


def shares_inside(template: FormTemplate, styles: Styles, meter: Meter, mode: Mode) -> dict[CadenceName, float]:
    """Return the share of each kind among the phrases inside sections; they sum to 1.

    Args:
        template: of the form.
        styles: (weight, statistics).
        meter: of the piece.
        mode: of the home key.
    """
    shares = cadence_shares(styles, mode)
    lengths = length_weights(styles, meter)
    mean_bars = sum(length * weight for length, weight in lengths.items()) / sum(lengths.values())
    counted: dict[CadenceName, float] = {}
    total = 0.0
    for row in template.sections:
        theme = template.themes.get(row.theme or "")
        own = _of_row(row, mean_bars, theme_bars=theme.bars if theme is not None else 0)
        phrases = max(sum(own.values()), _bars(row) / mean_bars)
        total += row.optional * phrases
        for kind, count in own.items():
            counted[kind] = counted.get(kind, 0.0) + row.optional * count
    due = {kind: share * total - counted.get(kind, 0.0) for kind, share in shares.items()}
    left = {kind: max(due[kind], LEAST_LEFT * share * total) for kind, share in shares.items()}
    everything = sum(left.values())
    if not everything:
        return dict(shares)  # no section of the form is ever there
    return {kind: value / everything for kind, value in left.items()}


def _of_row(row: SectionRow, mean_bars: float, *, theme_bars: int) -> dict[CadenceName, float]:
    """Return the cadences of a section that its form decides: its last one, or those of all its phrases.

    Of passages that are there now and then all are counted, with themes as long as the form usually has them.
    """
    if row.phrases:
        times = max(1.0, _bars(row) / sum(row.phrase_bars))
        inside = [phrase.cadence[0] for phrase in row.phrases[:-1]]
        kinds = [*inside * round(times), *[row.phrases[-1].cadence[0]] * (round(times) - 1), row.cadence]
        return {kind: float(kinds.count(kind)) for kind in kinds}
    if row.passages:
        lengths = [passage.themes * theme_bars + passage.bars for passage in row.passages]
        joined = joined_passages(row.passages, lengths)
        kinds = [*(row.passages[indices[-1]].cadence for indices in joined[:-1]), row.cadence]
        return {kind: float(kinds.count(kind)) for kind in kinds}
    counted: dict[CadenceName, float] = {row.cadence: 1.0}
    if row.cadence == "PAC" and row.imperfect:
        counted = {"PAC": 1.0 - row.imperfect, "IAC": row.imperfect}
    if row.function in DEVELOPED:
        counted["none"] = counted.get("none", 0.0) + max(0.0, _bars(row) / mean_bars - 1.0)
    return counted


def _bars(row: SectionRow) -> float:
    return sum(row.bars) / len(row.bars)
