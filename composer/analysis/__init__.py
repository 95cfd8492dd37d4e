"""Score to Outline: local keys, chords, phrases, cadences, sections, voices, hands, texture; statistics of a style.

Each finder works by itself on any Score; `outline_of` puts all of them on one timeline. Nothing but notes, bars and
what the score states (signatures, fermatas, signs) is used. What each returns, and how often it is right
(`tests/benchmarks`; the analysts' labels are those of 182 Bach chorales):

| function | returns | measured |
|---|---|---|
| `find_keys` | local keys, without gaps | .84 of beats; .83 without the fermatas |
| `find_chords` | Roman numerals with inversions | root .96 of beats, root and inversion .94 |
| `find_phrases` | phrases from upbeat to upbeat | F1 .87 of their beginnings, fermatas hidden |
| `find_cadences` | (tick, kind) of each cadence | kind .86 at the fermatas, .80 with fermatas hidden |
| `melody_line` | the notes of the melody | first part F1 .99 as it stands; merged: quartets .89, songs .65 |
| `bass_line` | the lowest line | by definition |
| `find_voices` | voice of each note of a roll | F1 of pairs: fugues .97, chorales .95, quartets and madrigals .84 |
| `hand_of_notes` | hand of each note of a roll | Bach .95, Classical .94, Chopin .94, Joplin .97 |
| `find_sections` | sections with letters | beginnings F1 .68 in short pieces as played, .51 in Chopin; pairs .93, .79 |
| `find_textures` | pattern, onsets, polyphony per hand | the counts by definition; the patterns by rules |
| `bar_similarity` | most similar earlier bar | by definition |
| `ensemble_of` | who plays | by names and parts |
"""

from __future__ import annotations

from composer.analysis.figures import piece_figures
from composer.analysis.hands import bass_line, hand_of_notes, melody_line
from composer.analysis.outline import ensemble_of, outline_of
from composer.analysis.reading import find_cadences, find_chords, find_keys, find_phrases, read_harmony
from composer.analysis.sections import find_sections
from composer.analysis.similarity import bar_similarity
from composer.analysis.statistics import AnalysedPiece, style_statistics
from composer.analysis.texture import find_textures
from composer.analysis.voices import find_voices
from composer.analysis.works import split_of, work_id

__all__ = [
    "AnalysedPiece",
    "bar_similarity",
    "bass_line",
    "ensemble_of",
    "find_cadences",
    "find_chords",
    "find_keys",
    "find_phrases",
    "find_sections",
    "find_textures",
    "find_voices",
    "hand_of_notes",
    "melody_line",
    "outline_of",
    "piece_figures",
    "read_harmony",
    "split_of",
    "style_statistics",
    "work_id",
]
