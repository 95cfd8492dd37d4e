"""Filled sections → the Score: parts, key signatures, tempi, dynamics, section marks, repeats."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from composer.fill.given import Sounding
from composer.fill.playable_hands import playable
from composer.fill.setting import Setting
from composer.outline import Outline
from composer.plan.playing import repeats_of
from composer.score import Dynamic, Mark, Note, Part, Score, TempoMark, sort_notes
from composer.theory.key import Key

MIN_SIGNATURE_BARS = 4  # a shorter stay in another key keeps the signature


def make_score(
    setting: Setting,
    notes: Sequence[Note],
    *,
    stated: Collection[Sounding],
    title: str,
    composer: str,
    small_print: Sequence[str],
) -> Score:
    """Return the finished score.

    Args:
        setting: of the piece.
        notes: of all sections; `voice` is the number of the part, from 1.
        stated: the notes of the tunes that are stated, which keep their lengths.
        title, composer, small_print: as printed.
    """
    outline = setting.outline
    return Score(
        parts=_parts(setting, notes, frozenset((onset, pitch) for onset, _, pitch in stated)),
        bars=outline.bars,
        keys=_signatures(outline, setting.home),
        tempos=_tempos(outline),
        dynamics=_dynamics(outline),
        marks=tuple(Mark(section.start_tick, section.label) for section in outline.sections),
        repeats=repeats_of(setting.plan, section_edges(outline)),
        fermata_ticks=_fermatas(setting),
        title=title,
        composer=composer,
        credits=tuple(small_print),
    )


def section_edges(outline: Outline) -> tuple[int, ...]:
    """Return where each section begins, and at the end where the last one ends."""
    return (*(section.start_tick for section in outline.sections), outline.sections[-1].end_tick)


def _parts(setting: Setting, notes: Sequence[Note], stated: Collection[tuple[int, int]]) -> tuple[Part, ...]:
    parts = [
        Part(
            row.name,
            sort_notes(replace(note, voice=1) for note in notes if note.voice == number),
            program=row.program,
            staves=row.staves,
        )
        for number, row in enumerate(setting.row.parts, start=1)
    ]

    def is_free(note: Note) -> bool:
        return (note.onset_tick, note.pitch) not in stated

    return tuple(playable(part, lets_go=is_free) if part.staves > 1 else part for part in parts)


def _signatures(outline: Outline, home: Key) -> tuple[tuple[int, Key], ...]:
    """Return the key signatures: the home key's, and another where a section stays long enough in another key."""
    signatures: list[tuple[int, Key]] = [(0, home)]
    for section in outline.sections:
        inside = [
            span for span in outline.keys if span.start_tick < section.end_tick and span.end_tick > section.start_tick
        ]
        first_bar = next((bar for bar in outline.bars if bar.end_tick > section.start_tick), None)
        if not inside or first_bar is None:
            continue
        # The signature changes at the bar line, after the upbeat.
        tick = first_bar.onset_tick if first_bar.onset_tick >= section.start_tick else first_bar.end_tick
        length = sum(min(s.end_tick, section.end_tick) - max(s.start_tick, section.start_tick) for s in inside)
        longest = max(inside, key=lambda s: min(s.end_tick, section.end_tick) - max(s.start_tick, section.start_tick))
        stays = len({span.key for span in inside}) == 1
        key = longest.key if stays and length >= MIN_SIGNATURE_BARS * first_bar.meter.bar_ticks else home
        if not stays and inside[-1].key == signatures[-1][1]:
            key = inside[-1].key  # it leads back to the key whose signature stands there
        if section.start_tick > 0 and key.signature != signatures[-1][1].signature:
            signatures.append((tick, key))
    return tuple(signatures)


def _tempos(outline: Outline) -> tuple[TempoMark, ...]:
    """Return the tempo where a phrase takes another one; ritards are the performer's (and said in words elsewhere)."""
    starts = {phrase.start_tick for phrase in outline.phrases} | {0}
    marks: list[TempoMark] = []
    for span in outline.tempos:
        if span.start_tick in starts and (not marks or abs(marks[-1].beat_bpm - span.beat_bpm) > 0.01):
            marks.append(TempoMark(span.start_tick, span.beat_bpm))
    return tuple(marks)


def _dynamics(outline: Outline) -> tuple[Dynamic, ...]:
    """Return the levels where they change and a hairpin over each crescendo or diminuendo."""
    marks: list[Dynamic] = []
    level = ""
    for span in outline.dynamics:
        if span.level != level:
            marks.append(Dynamic(span.start_tick, span.level))
            level = span.level
        if span.shape in ("cresc", "dim"):
            middle = (span.start_tick + span.end_tick) // 2
            marks.append(Dynamic(middle, span.shape, span.end_tick))
    return tuple(marks)


def _fermatas(setting: Setting) -> tuple[int, ...]:
    """Return the onset of the last chord of each phrase that ends on a fermata."""
    return tuple(place.slots[-1].start_tick for place in setting.places if place.entry.fermata and place.slots)


def moved(notes: Sequence[Note], ticks: int) -> tuple[Note, ...]:
    """Return the notes `ticks` later."""
    return tuple(replace(note, onset_tick=note.onset_tick + ticks) for note in notes)
