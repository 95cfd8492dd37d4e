"""MusicXML elements of notes and rests, children in the order of the schema."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from composer.export.written import Event, WrittenNote
from composer.export.xmltree import add

# Names of articulations in a Score -> the group of MusicXML's notations and the element in it. Those of a chord stand
# at its first note, an ornament at its own. The reader has the same rows (`corpus/musicxml/part.py`).
_CHORD_SIGNS = {
    "staccato": ("articulations", "staccato"),
    "staccatissimo": ("articulations", "staccatissimo"),
    "tenuto": ("articulations", "tenuto"),
    "accent": ("articulations", "accent"),
    "marcato": ("articulations", "strong-accent"),
    "strong-accent": ("articulations", "strong-accent"),
    "portato": ("articulations", "detached-legato"),
    "soft-accent": ("articulations", "soft-accent"),
    "breath": ("articulations", "breath-mark"),
    "caesura": ("articulations", "caesura"),
    "tremolo": ("ornaments", "tremolo"),
    "up-bow": ("technical", "up-bow"),
    "down-bow": ("technical", "down-bow"),
    "open-string": ("technical", "open-string"),
    "harmonic": ("technical", "harmonic"),
    "stopped": ("technical", "stopped"),
}
_ORNAMENTS = {
    "trill": ("ornaments", "trill-mark"),
    "mordent": ("ornaments", "mordent"),
    "inverted-mordent": ("ornaments", "inverted-mordent"),
    "turn": ("ornaments", "turn"),
    "inverted-turn": ("ornaments", "inverted-turn"),
}
_TREMOLO = {"tremolo": {"type_": "single"}}


def add_event(
    measure: ET.Element,
    event: Event,
    *,
    duration: int,
    voice: int,
    staff: int | None,
    stem: str | None,
    hides_rests: bool = False,
    slurs_above: bool = False,
) -> None:
    """Append a chord or a rest.

    Args:
        measure: the `measure` element.
        event: what to write.
        duration: its length in divisions; ignored for a grace note.
        voice: its number in the part.
        staff: its staff, or None in a part with one staff.
        stem: `up`, `down`, or None to leave it to the reader.
        hides_rests: a rest is there but not printed.
        slurs_above: the slurs that begin here stand above, whatever the stems; else where the reader likes.
    """
    for index, head in enumerate(event.notes or (None,)):
        note = add(measure, "note", **({"print_object": "no"} if hides_rests and head is None else {}))
        if event.is_grace:
            add(note, "grace", **({} if "appoggiatura" in event.articulations else {"slash": "yes"}))
        if index:
            add(note, "chord")
        if head is None:
            add(note, "rest", **({} if event.kind else {"measure": "yes"}))
        else:
            _add_pitch(note, head)
        if not event.is_grace:
            add(note, "duration", duration)
        if head is not None:
            for kind in _ties(head):
                add(note, "tie", type_=kind)
        add(note, "voice", voice)
        _add_value(note, event, head)
        if stem and head is not None:
            add(note, "stem", stem)
        if staff:
            add(note, "staff", staff)
        for number, beam in enumerate(event.beams if index == 0 else (), 1):
            add(note, "beam", beam, number=number)
        _add_notations(note, event, head, is_first=index == 0, is_lower=staff == 2, slurs_above=slurs_above)


def _ties(head: WrittenNote) -> list[str]:
    return [kind for kind, here in (("stop", head.tied_from), ("start", head.tied_to)) if here]


def _add_pitch(note: ET.Element, head: WrittenNote) -> None:
    pitch = add(note, "pitch")
    add(pitch, "step", head.spelling.letter)
    if head.spelling.alter:
        add(pitch, "alter", head.spelling.alter)
    add(pitch, "octave", head.spelling.octave)


def _add_value(note: ET.Element, event: Event, head: WrittenNote | None) -> None:
    """Append type, dots, accidental and time modification."""
    if event.kind:
        add(note, "type", event.kind)
    for _ in range(event.dots):
        add(note, "dot")
    if head is not None and head.accidental:
        add(note, "accidental", head.accidental, **({"cautionary": "yes"} if head.is_cautionary else {}))
    if event.ratio:
        modification = add(note, "time-modification")
        add(modification, "actual-notes", event.ratio[0])
        add(modification, "normal-notes", event.ratio[1])


def _add_notations(
    note: ET.Element,
    event: Event,
    head: WrittenNote | None,
    *,
    is_first: bool,
    is_lower: bool,
    slurs_above: bool,
) -> None:
    """Append ties to each note, and what belongs to the whole chord to its first."""
    notations = ET.Element("notations")
    if head is not None:
        for kind in _ties(head):
            add(notations, "tied", type_=kind)
    if is_first:
        for kind, number in event.slurs:
            side = {"placement": "above"} if slurs_above and kind == "start" else {}
            add(notations, "slur", type_=kind, number=number, **side)
        for edge in event.tuplet_edges:
            add(notations, "tuplet", type_=edge, bracket="no" if event.beams else "yes")
    own = head.note.articulations if head is not None and not head.tied_from else ()
    signs = [_ORNAMENTS[name] for name in own if name in _ORNAMENTS]
    if is_first:
        signs += [_CHORD_SIGNS[name] for name in event.articulations if name in _CHORD_SIGNS]
    for group in ("ornaments", "technical", "articulations"):
        tags = [tag for one, tag in signs if one == group]
        if tags:
            element = add(notations, group)
            for tag in tags:
                add(element, tag, *((3,) if tag == "tremolo" else ()), **_TREMOLO.get(tag, {}))
    if is_first and "fermata" in event.articulations:
        add(notations, "fermata", type_="inverted" if is_lower else "upright")
    if "arpeggio" in event.articulations:
        add(notations, "arpeggiate")
    if len(notations):
        note.append(notations)
