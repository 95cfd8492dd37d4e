"""Phrases in which voices enter: laid out from a form's passages, or round the entries of a section.

What it is: before sections are resolved, every one that has entries gets its phrases, each with the voices that sound
in it; `settled_phrases` then writes out what its entries leave unsaid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from composer.errors import PlanError
from composer.plan.entries import FOUR_PARTS, VOICED_ENSEMBLES, end_bar, entry_key, settled_entries
from composer.plan.forms import FormTemplate, PassageRow, SectionRow, joined_passages
from composer.plan.locate import within
from composer.plan.model import MAX_SECTION_BARS, NO_THEME, VOICES, PhraseEntry, SectionEntry, VoiceEntry, VoiceName
from composer.plan.numerals import key_word, parse_key_path, path_text
from composer.plan.phrases import PhraseDraft
from composer.plan.setting import Setting
from composer.theory.key import Key


def with_passages(
    sections: Sequence[SectionEntry], template: FormTemplate, theme_bars: Mapping[str, int], setting: Setting
) -> tuple[SectionEntry, ...]:
    """Return the sections, those with entries divided into phrases.

    Args:
        sections: with ids, copies expanded.
        template: the form; its passages are for sections that say nothing of phrases and entries.
        theme_bars: length of each theme.
        setting: of the piece.

    Raises:
        PlanError: an entry does not go into its section.
    """
    every = voices_in(sections)
    laid_out = []
    for index, entry in enumerate(sections):
        row = template.row(entry.id or "")
        if not entry.phrases and entry.entries:
            try:
                entry = _round_entries(entry, theme_bars, every, enter_one_by_one=index == 0)
            except PlanError as error:
                raise within(error, "sections", index) from None
        elif not entry.phrases and row is not None and row.passages and (entry.theme or "") in theme_bars:
            entry = _of_passages(entry, row, theme_bars[entry.theme or ""], setting)
        if entry.voices is None and any(phrase.entries for phrase in entry.phrases or ()):
            entry = entry.model_copy(update={"voices": (row.voices if row else None) or every})
        if entry.voices is not None and setting.ensemble not in VOICED_ENSEMBLES:
            message = f"voices cannot enter one by one in the ensemble {setting.ensemble}"
            raise PlanError(message, mend=f"take {', '.join(VOICED_ENSEMBLES)}")
        laid_out.append(entry)
    return tuple(laid_out)


def voices_in(sections: Iterable[SectionEntry]) -> tuple[VoiceName, ...]:
    """Return the voices that a plan names anywhere, from the top; none where it has no entries."""
    named: set[str] = set()
    for section in sections:
        for voices, entries in said_of_voices(section):
            named |= {*(voices or ()), *(entry.voice for entry in entries or ())}
    return tuple(voice for voice in VOICES if voice in named)


def said_of_voices(
    section: SectionEntry,
) -> list[tuple[tuple[VoiceName, ...] | None, tuple[VoiceEntry, ...] | None]]:
    """Return voices and entries of a section, then of each of its phrases."""
    phrases = section.phrases or ()
    return [(section.voices, section.entries), *((phrase.voices, phrase.entries) for phrase in phrases)]


def settled_phrases(
    stated: Sequence[PhraseEntry],
    drafts: Sequence[PhraseDraft],
    section: SectionEntry,
    bars: Mapping[str, int],
    *,
    setting: Setting,
) -> list[PhraseEntry]:
    """Return what is said of a section's phrases with their entries written out.

    Args:
        stated: of each phrase.
        drafts: the phrases.
        section: what is said of all.
        bars: length of each theme.
        setting: of the piece.
    """
    settled = []
    for said, draft in zip(stated, drafts, strict=True):
        if said.entries:
            theme = said.theme if said.theme not in (None, NO_THEME) else section.theme
            entries = settled_entries(
                said.entries, theme=theme or NO_THEME, bars=bars, key=draft.keys[0], home=setting.home
            )
            said = said.model_copy(update={"entries": entries, "theme": NO_THEME})
        settled.append(said)
    return settled


def _of_passages(entry: SectionEntry, row: SectionRow, theme_bars: int, setting: Setting) -> SectionEntry:
    """Return a section divided as its form says; bars that it has beyond the form's usual ones go to its end.

    Passages that lead on into each other are one phrase: the voices do not breathe before every entry.
    """
    assert row.passages
    there = [
        passage
        for index, passage in enumerate(row.passages)
        if (not passage.ensembles or setting.ensemble in passage.ensembles)
        and setting.stream("form", row.section_id, "passage", index).random() < passage.optional
    ]
    if not there:
        return entry  # none is for this ensemble, or all were left out
    path = parse_key_path(entry.key or "I", setting.home)
    extra = (entry.bars or row.bars[0]) - row.bars[0]
    lengths = [passage.themes * theme_bars + passage.bars for passage in there]
    # The last one may be shorter by what the section lacks; its cadence needs a bar.
    lengths[-1] = max(lengths[-1] + extra, there[-1].themes * theme_bars + min(there[-1].bars, 1))
    phrases = []
    for joined in joined_passages(there, lengths):
        is_last = joined[-1] == len(there) - 1
        bars = sum(lengths[index] for index in joined)
        keys = [_stations(there[index], path) for index in joined]
        is_major = setting.stream("form", row.section_id, "picardy").random() < there[joined[-1]].picardy
        is_closed = entry.cadence in (None, "PAC", "IAC")
        has_picardy = is_major and is_last and is_closed and bars > 1 and setting.home.mode == "minor"
        phrases.append(
            PhraseEntry(
                bars=bars,
                harmony=_picardy(bars, setting) if has_picardy else None,
                cadence=entry.cadence if is_last else there[joined[-1]].cadence,
                key=_whole_path(keys, setting.home),
                theme=NO_THEME,
                entries=_joined_entries(there, joined, lengths, keys, theme_bars, setting.home),
                voices=there[joined[0]].voices,
                pedal=there[joined[-1]].pedal,
                fermata=there[joined[-1]].fermata,
            )
        )
    total = sum(phrase.bars or 0 for phrase in phrases)
    voices = entry.voices or row.voices
    if entry.voices is None and setting.ensemble in FOUR_PARTS and len(row.voices or ()) == len(VOICES) - 1:
        voices = VOICES  # nobody of four sits idle
    return entry.model_copy(update={"phrases": tuple(phrases), "bars": total, "voices": voices})


def _picardy(bars: int, setting: Setting) -> str:
    """Return a harmony that is open but for its end: the dominant, and a bar of the major tonic."""
    parts = 2 if setting.meter.beats % 2 == 0 else setting.meter.beats
    return " | ".join([*["?"] * (bars - 2), " ".join([*["?"] * (parts - 1), "V"]), "I"])


def _stations(passage: PassageRow, path: Sequence[Key]) -> tuple[Key, ...]:
    """Return the keys of its section's path that a passage goes through; none where it does not say."""
    if passage.keys is None:
        return ()
    first, _, last = passage.keys.partition("-")
    return tuple(path[int(first) - 1 : int(last or first)]) or (path[-1],)


def _whole_path(keys: Sequence[tuple[Key, ...]], home: Key) -> str | None:
    """Return the path through several passages, each station once; None where none of them says its keys."""
    stations = [key for key, _ in groupby(key for own in keys for key in own)]
    return path_text(stations, home) if stations else None


def _joined_entries(
    passages: Sequence[PassageRow],
    joined: Sequence[int],
    lengths: Sequence[int],
    keys: Sequence[tuple[Key, ...]],
    theme_bars: int,
    home: Key,
) -> tuple[VoiceEntry, ...] | None:
    """Return the entries of a phrase's passages, each if it ends within its own, in the key where that begins."""
    found: list[VoiceEntry] = []
    bar = 0
    for index, own in zip(joined, keys, strict=True):
        for entry in passages[index].entries or ():
            if end_bar(entry, theme_bars) > lengths[index]:
                continue
            moved = entry.model_copy(update={"bar": entry.bar + bar})
            if entry.key is None and own and own[0] != keys[0][0]:
                moved = moved.model_copy(update={"key": key_word(entry_key(entry, own[0], home), home)})
            found.append(moved)
        bar += lengths[index]
    return tuple(found) or None


def _round_entries(
    section: SectionEntry,
    theme_bars: Mapping[str, int],
    every: tuple[VoiceName, ...],
    *,
    enter_one_by_one: bool,
) -> SectionEntry:
    """Return a section divided at its entries: those that overlap share a phrase, what is between is one of its own.

    Args:
        section: with entries, without phrases.
        theme_bars: length of each theme.
        every: voices of the piece.
        enter_one_by_one: whether a voice rests until its first entry (the piece begins here).
    """
    groups: list[tuple[int, int, list[VoiceEntry]]] = []  # first bar, last bar, entries
    for entry in sorted(section.entries or (), key=lambda one: (one.bar, one.beat or 1.0)):
        length = theme_bars.get(entry.theme or section.theme or "")
        if length is None:
            raise PlanError(f"section {section.id}: an entry in bar {entry.bar} names no theme", mend="write theme:")
        last = end_bar(entry, length)
        if groups and entry.bar <= groups[-1][1]:
            first, before, inside = groups.pop()
            groups.append((first, max(before, last), [*inside, entry]))
        else:
            groups.append((entry.bar, last, [entry]))
    total = section.bars or groups[-1][1]
    if groups[-1][1] > total:
        raise PlanError(
            f"section {section.id} has {total} bars, its last entry ends in bar {groups[-1][1]}",
            mend=f"set bars: {groups[-1][1]}",
        )
    if total > MAX_SECTION_BARS:
        raise PlanError(
            f"section {section.id}: its last entry ends in bar {total}", mend=f"the limit is {MAX_SECTION_BARS}"
        )
    phrases: list[PhraseEntry] = []
    heard: set[str] = set()
    bar = 1
    for index, (first, last, inside) in enumerate(groups):
        sounding = _voices(heard if enter_one_by_one else set(every), section.voices or every)
        if first > bar:
            phrases.append(PhraseEntry(bars=first - bar, theme=NO_THEME, voices=sounding or None))
        if index == len(groups) - 1:
            last = total  # its cadence is the section's
        heard |= {entry.voice for entry in inside}
        sounding = _voices(heard if enter_one_by_one else set(every), section.voices or every)
        moved = tuple(entry.model_copy(update={"bar": entry.bar - first + 1}) for entry in inside)
        phrases.append(PhraseEntry(bars=last - first + 1, theme=NO_THEME, entries=moved, voices=sounding))
        bar = last + 1
    named = tuple(phrase.model_copy(update={"theme": None if phrase.entries else NO_THEME}) for phrase in phrases)
    return section.model_copy(update={"phrases": named, "entries": None, "bars": total})


def _voices(heard: set[str], order: Sequence[VoiceName]) -> tuple[VoiceName, ...]:
    return tuple(voice for voice in order if voice in heard)
