"""Plan how a piece goes on from its last bar: its themes return, and it closes in its home key.

What it is: the sections behind those of an analysed piece. Where there is room its first theme is developed on the way
to the dominant, returns as it was, and a closing section ends with a perfect cadence; in less room it returns in part.
"""

from __future__ import annotations

from composer.plan.forms import default_id
from composer.plan.model import NO_THEME, Link, PhraseEntry, Plan, SectionEntry, ThemeEntry
from composer.plan.numerals import parse_key_path
from composer.theory.key import key_numeral, parse_key

DEFAULT_BARS = 16
MIN_BARS, MAX_BARS = 2, 512  # of a continuation, inclusive
_SHORT_BARS = 8  # fewer have room for a closing section only
_LONG_BARS = 16  # from which that is a phrase of four bars
_ONE_PHRASE = 8  # bars up to which a closing section is one phrase
_FREE = 0.5  # fidelity of what only refers to the theme
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def continuation_of(plan: Plan, *, bars: int, enters: Link) -> Plan:
    """Return the plan of what follows a piece; its sections are new, everything else is the piece's.

    Args:
        plan: of the piece (`from_piece.analyse_piece`).
        bars: of the continuation, `MIN_BARS` to `MAX_BARS`.
        enters: what sounds at the end of the piece.
    """
    home = parse_key(plan.key or "")
    tonic, ids = key_numeral(home, home), [section.id or "" for section in plan.sections]
    name, theme = next(iter(plan.themes.items()), (NO_THEME, None))
    closing = 4 if bars >= _LONG_BARS else 2
    sections: list[SectionEntry] = []

    def add(section: SectionEntry) -> None:
        section_id = section.id or default_id(section.label or "", ids)
        ids.append(section_id)
        sections.append(section.model_copy(update={"id": section_id}))

    if bars < _SHORT_BARS or theme is None:
        closing = bars
    else:
        returning = _statement(name, theme, room=(bars - closing) // 2 if bars < 2 * _LONG_BARS else bars - closing)
        length = sum(phrase.bars or 0 for phrase in returning)
        developed = bars - closing - length
        if developed:
            add(
                SectionEntry(
                    label=_next_letter(plan),
                    function="development",
                    theme=name,
                    fidelity=_FREE,
                    bars=developed,
                    key=("vi -> I" if home.mode == "major" else "III -> i") if developed > 2 else tonic,
                    cadence="HC",
                )
            )
        key = parse_key_path(theme.key or tonic, home)[0]
        add(
            SectionEntry(
                label=name,
                function="recapitulation",
                theme=name,
                bars=length,
                key=tonic if key.mode == home.mode else _other_mode(tonic),
                cadence=returning[-1].cadence,
                phrases=returning,
            )
        )
    add(
        SectionEntry(
            label="Coda",
            function="coda",
            theme=name,
            fidelity=_FREE if theme is not None else None,
            bars=closing,
            key=tonic,
            cadence="PAC",
            ritard=0.8,
            phrases=_closing_phrase(name, theme, closing) if closing <= _ONE_PHRASE else None,
        )
    )
    sections[0] = sections[0].model_copy(update={"enters": enters})
    return plan.model_copy(update={"sections": tuple(sections), "repeats": None, "da_capo": None})


def _closing_phrase(name: str, theme: ThemeEntry | None, bars: int) -> tuple[PhraseEntry, ...]:
    """Return one phrase that closes the piece and refers to the beginning of its theme."""
    if theme is None or theme.bars is None:
        return (PhraseEntry(bars=bars, cadence="PAC"),)
    return (PhraseEntry(bars=bars, cadence="PAC", theme=name, theme_bars=f"1-{min(bars, theme.bars)}", fidelity=_FREE),)


def _other_mode(numeral: str) -> str:
    return numeral.lower() if numeral.isupper() else numeral.upper()


def _next_letter(plan: Plan) -> str:
    used = {section.label for section in plan.sections}
    return next((letter for letter in _LETTERS if letter not in used), _LETTERS[-1])


def _statement(name: str, theme: ThemeEntry, *, room: int) -> tuple[PhraseEntry, ...]:
    """Return phrases that state a theme as far as there is room for it."""
    phrases: list[PhraseEntry] = []
    bar = 0
    for phrase in theme.phrases or ():
        length = min(phrase.bars, room - bar)
        if length <= 0:
            break
        bars = str(bar + 1) if length == 1 else f"{bar + 1}-{bar + length}"
        cadence = phrase.cadence if length == phrase.bars else "none"
        phrases.append(PhraseEntry(bars=length, theme=name, theme_bars=bars, fidelity=1.0, cadence=cadence))
        bar += length
    return tuple(phrases)
