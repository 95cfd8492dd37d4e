"""What there is to write of a piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock

from composer.corpus.jumps import JumpSign
from composer.corpus.midi.links import MidiLinks
from composer.export.edition import edited
from composer.export.midi import midi_bytes
from composer.export.midi_in_place import performed_file_bytes
from composer.outline import Outline
from composer.performance import Performance
from composer.score import Score
from composer.sound import Rendering, render


@dataclass(frozen=True)
class Finished:
    """What there is to write of a piece.

    Attributes:
        performance: how it is played; its score is what is played.
        outline: its sections, keys and chords: they spell the notes and colour the picture.
        plan_text: the resolved plan as YAML, or None for a piece that was not planned here.
        report_text: the form report as JSON, or None for a piece that was not planned here.
        sheet: score and outline as they are written, where that is not what is played: with repeats that the
            performance plays out. None: the performance's own.
        jumps: the da capo of the sheet.
        midi_file: the bytes of the MIDI file that the score was read from, and whose notes are which of the score: a
            MIDI file that is written keeps all else of it. None: a file is made from the score.
        soundfont: of the user's own, for sound; None: the one that comes along.
        more_takes: other performances of the same score, to be compared on a page.
    """

    performance: Performance
    outline: Outline | None = None
    plan_text: str | None = None
    report_text: str | None = None
    sheet: tuple[Score, Outline] | None = None
    jumps: tuple[JumpSign, ...] = ()
    midi_file: tuple[bytes, MidiLinks] | None = None
    soundfont: Path | None = None
    more_takes: tuple[Performance, ...] = ()
    _rendering: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    @cached_property
    def midi(self) -> bytes:
        """The performance as a MIDI file; of one that was performed, with all else that is in it."""
        kept = performed_file_bytes(*self.midi_file, self.performance) if self.midi_file else None
        return midi_bytes(self.performance) if kept is None else kept

    @property
    def sound(self) -> Rendering:
        """The performance as sound: rendered once, however many sound files are written, and whoever asks at once.

        Raises:
            OptionError, SoundFontError, OutputError: as `render`.
        """
        with self._rendering:
            return self._sound

    @cached_property
    def _sound(self) -> Rendering:
        return render(self.performance, soundfont=self.soundfont, make_midi=lambda: self.midi)

    @property
    def written(self) -> tuple[Score, Outline | None]:
        """What a sheet shows: score and outline."""
        return self.sheet or (self.performance.score, self.outline)

    @cached_property
    def printed(self) -> tuple[Score, Outline | None]:
        """What a sheet shows, edited for print where it was composed here: what others wrote is not edited."""
        score, outline = self.written
        return (score if self.plan_text is None else edited(score, outline)), outline
