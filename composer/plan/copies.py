"""What a section that copies another takes over of its harmony."""

from __future__ import annotations

from composer.plan.model import (
    PhraseEntry,
    SectionEntry,
)
from composer.plan.numerals import parse_key_path
from composer.plan.phrases import STATED
from composer.plan.statements import changes_harmony
from composer.theory.key import Key


def copied_phrases(entry: SectionEntry, resolved: list[SectionEntry], home: Key) -> SectionEntry:
    """Give a copy of equal length the harmony of the section it copies, so that its free phrases return too.

    In another key (a recapitulation) it has the same phrases; their chords too, where the mode is the same.
    """
    base = next((other for other in resolved if other.id == entry.copy_of), None)
    if base is None or not base.phrases or entry.phrases or changes_harmony(entry.transformations or ()):
        return entry
    if (base.bars, base.cadence, base.theme) != (entry.bars, entry.cadence, entry.theme):
        return entry
    phrases = tuple(
        phrase.model_copy(update={"texture": None, "dynamics": None, "transformations": None, "style": None})
        for phrase in base.phrases
    )
    if base.key != entry.key:
        source, target = (parse_key_path(one.key or "I", home) for one in (base, entry))
        moves = len(source) > 1 or len(target) > 1 or any(phrase.key or phrase.entries for phrase in phrases)
        if moves:
            return entry
        phrases = tuple(_moved(phrase, same_mode=source[0].mode == target[0].mode) for phrase in phrases)
    return entry.model_copy(update={"phrases": phrases, "type": base.type})


def _moved(phrase: PhraseEntry, *, same_mode: bool) -> PhraseEntry:
    """Return a phrase for another key: its numerals hold there, unless they name keys; a theme brings its own."""
    names_keys = any(sign in (phrase.harmony or "") for sign in ":=")
    if same_mode and not names_keys and phrase.fidelity != STATED:
        return phrase
    return phrase.model_copy(update={"harmony": None, "formula": None})
