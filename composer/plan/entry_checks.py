"""What is impossible in entries and voices, beyond what one field says by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from composer.plan.entries import VOICED_ENSEMBLES, end_bar, entry_bars, theme_bars_of
from composer.plan.model import NO_THEME, VOICES, SectionEntry, VoiceEntry
from composer.plan.strict_yaml import Path as KeyPath
from composer.theory.meter import Meter

Wrong = tuple[KeyPath, str, str | None]


def voices_problems(
    section: SectionEntry, *, theme_bars: Mapping[str, int], meter: Meter | None, ensemble: str | None
) -> list[Wrong]:
    """Return (path from the section, what is wrong, mend) of a section's entries and voices, and of its phrases'.

    Args:
        section: as stated, copies expanded.
        theme_bars: length of each theme, as far as it is known.
        meter: of the piece; None where it is not known.
        ensemble: of the piece, as far as it is stated.
    """
    problems: list[Wrong] = []
    if section.entries and section.phrases:
        problems.append((("entries",), "entries stand at the section and it has phrases", "say them at its phrases"))
    has_entries = bool(section.entries) or any(phrase.entries for phrase in section.phrases or ())
    if has_entries and ensemble is not None and ensemble not in VOICED_ENSEMBLES:
        problems.append(
            (
                ("entries",),
                f"voices cannot enter one by one in the ensemble {ensemble}",
                f"take {', '.join(VOICED_ENSEMBLES)}",
            )
        )
    places: list[tuple[KeyPath, Sequence[VoiceEntry], Sequence[str] | None, str | None, int | None, str]] = [
        (("entries",), section.entries or (), section.voices, section.theme, section.bars, "section")
    ]
    for index, phrase in enumerate(section.phrases or ()):
        path: KeyPath = ("phrases", index, "entries")
        theme = phrase.theme if phrase.theme not in (None, NO_THEME) else section.theme
        places.append((path, phrase.entries or (), phrase.voices or section.voices, theme, phrase.bars, "phrase"))
        problems += _order(("phrases", index, "voices"), phrase.voices)
    problems += _order(("voices",), section.voices)
    for path, entries, voices, theme, bars, what in places:
        problems += _entries(path, entries, voices, theme, bars, what, theme_bars, meter)
    return problems


def _order(path: KeyPath, voices: Sequence[str] | None) -> list[Wrong]:
    """Say where voices are named twice or not from the top."""
    sorted_voices = [voice for voice in VOICES if voice in (voices or ())]
    if voices is None or list(voices) == sorted_voices:
        return []
    return [(path, f"the voices are {', '.join(voices)}", f"from the top, each once: {', '.join(sorted_voices)}")]


def _entries(
    path: KeyPath,
    entries: Sequence[VoiceEntry],
    voices: Sequence[str] | None,
    theme: str | None,
    bars: int | None,
    what: str,
    theme_bars: Mapping[str, int],
    meter: Meter | None,
) -> list[Wrong]:
    problems: list[Wrong] = []
    for index, entry in enumerate(entries):
        here = (*path, index)
        name = entry.theme or theme
        if name in (None, NO_THEME):
            problems.append((here, "this entry takes up no theme", "write theme: and its name"))
        if voices is not None and entry.voice not in voices:
            problems.append((here, f"the {entry.voice} does not sound here", f"voices here: {', '.join(voices)}"))
        if meter is not None and (entry.beat or 1.0) >= meter.beats + 1:
            problems.append(((*here, "beat"), f"beat {entry.beat:g}", f"a bar of {meter} has {meter.beats}"))
        parts = 3 if meter is not None and meter.is_compound else 2
        if meter is not None and abs((entry.beat or 1.0) * parts - round((entry.beat or 1.0) * parts)) > 1e-6:
            told = "thirds" if parts == 3 else "halves"
            problems.append(((*here, "beat"), f"beat {entry.beat:g}", f"entries begin on {told} of a beat"))
        if entry.key is not None and "->" in entry.key:
            problems.append(((*here, "key"), f"the path {entry.key}", "an entry stands in one key"))
        length = theme_bars.get(name or "")
        if length is None:
            continue
        first, last = theme_bars_of(entry, length)
        if first > last or last > length:
            problems.append(
                ((*here, "theme_bars"), f"theme_bars {entry.theme_bars}, the theme has {length}", "bars count from 1")
            )
        elif bars is not None and end_bar(entry, length) > bars:
            problems.append(
                (
                    here,
                    f"this entry ends in bar {end_bar(entry, length)}, its {what} has {bars}",
                    "let it begin earlier, take fewer theme_bars, or give it more bars",
                )
            )
    return problems + _collisions(path, entries, theme, theme_bars, meter)


def _collisions(
    path: KeyPath,
    entries: Sequence[VoiceEntry],
    theme: str | None,
    theme_bars: Mapping[str, int],
    meter: Meter | None,
) -> list[Wrong]:
    """Say where one voice has two entries at once."""
    beats = meter.beats if meter is not None else 1
    spans = []
    for index, entry in enumerate(entries):
        start = (entry.bar - 1) * beats + (entry.beat or 1.0) - 1
        length = entry_bars(entry, theme_bars.get(entry.theme or theme or "", 1)) * beats
        spans.append((index, entry, start, start + length))
    return [
        (
            (*path, later[0]),
            f"the {later[1].voice} still has the entry of bar {one[1].bar} here",
            "give it to another voice, or let it begin later",
        )
        for one, later in combinations(sorted(spans, key=lambda span: span[2]), 2)
        if one[1].voice == later[1].voice and later[2] < one[3]
    ]
