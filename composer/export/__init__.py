"""Files from values: each writer is a function of (thing, path), beside one that returns the bytes."""

from __future__ import annotations

from composer.export.midi import midi_bytes, write_midi
from composer.export.musicxml import musicxml_bytes, mxl_bytes, write_musicxml
from composer.export.roll_picture import roll_picture_bytes, write_roll_picture
from composer.export.sheets import Sheet, parts_of, pdf_of, png_pages_of, svg_pages
from composer.export.writers import EXTENSIONS, Finished, check_outputs, write_outputs

__all__ = [
    "EXTENSIONS",
    "Finished",
    "Sheet",
    "check_outputs",
    "midi_bytes",
    "musicxml_bytes",
    "mxl_bytes",
    "parts_of",
    "pdf_of",
    "png_pages_of",
    "roll_picture_bytes",
    "svg_pages",
    "write_midi",
    "write_musicxml",
    "write_outputs",
    "write_roll_picture",
]
