"""A piece on a MIDI port, in time; whatever happens, no note goes on sounding.

What it is: the piece's MIDI file, sent message by message: what a port hears is what the file holds. Times count from
the beginning of the piece, so that a late message does not make the next ones late; after a long sleep of the machine
the piece goes on where it was.

Contents: `MidiChannel`, `open_port`, `PAUSE_SEC`.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any

from composer.errors import OptionError, OutputError, did_you_mean
from composer.radio.aired import Aired

PAUSE_SEC = 2.0  # between two pieces
_POLL_SEC = 0.2  # how long Ctrl-C may have to wait
_MAX_LATE_SEC = 1.0  # later than that, the machine slept
_NUM_CHANNELS = 16
_SILENCE = ((64, 0), (123, 0), (120, 0))  # controllers: pedal up, all notes off, all sound off
_THROUGH = "midi through"  # Linux's loop: nothing sounds there
_INSTALL = "pip install 'ritornello[radio]'"


class MidiChannel:
    """Plays pieces on a port; a context that leaves the port silent and closed."""

    def __init__(
        self,
        port: Any,
        *,
        now: Callable[[], float] = time.perf_counter,
        wait: Callable[[float], object] | None = None,
        pause_sec: float = PAUSE_SEC,
    ) -> None:
        """Take a port.

        Args:
            port: has `send(message)` and `close()`, as mido's.
            now: the clock, in seconds.
            wait: sleeps for so many seconds.
            pause_sec: between two pieces.
        """
        self._port = port
        self._now = now
        self._wait = wait or threading.Event().wait
        self._pause_sec = pause_sec
        self._sounding: set[tuple[int, int]] = set()  # (channel, pitch)
        self._is_first = True

    def __enter__(self) -> MidiChannel:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.silence()
        finally:
            self._port.close()

    def play(self, piece: Aired) -> None:
        """Play a piece from its beginning to its end.

        Raises:
            OutputError: the port fails.
        """
        import mido

        assert piece.midi is not None  # `RadioWishes.as_midi`
        messages = list(mido.MidiFile(file=io.BytesIO(piece.midi)))  # now: reading takes longer than a first note
        if not self._is_first:
            self._wait_until(self._now() + self._pause_sec)
        self._is_first = False
        start_sec, at_sec = self._now(), 0.0
        for message in messages:
            at_sec += message.time
            if message.is_meta:
                continue
            start_sec += self._wait_until(start_sec + at_sec)
            self._send(message)

    def silence(self) -> None:
        """End all that sounds, on all channels; synthesizers differ in what they listen to."""
        import mido

        for channel, pitch in sorted(self._sounding):
            self._send(mido.Message("note_off", channel=channel, note=pitch))
        for channel in range(_NUM_CHANNELS):
            for control, value in _SILENCE:
                self._send(mido.Message("control_change", channel=channel, control=control, value=value))

    def _send(self, message: Any) -> None:
        if message.type == "note_on" and message.velocity > 0:
            self._sounding.add((message.channel, message.note))  # before it is sent: Ctrl-C may come between
        try:
            self._port.send(message)
        except Exception as error:  # RtMidi's own family: somebody pulled the plug
            raise OutputError(f"the MIDI port takes nothing any more: {error}") from error
        if message.type == "note_off" or (message.type == "note_on" and message.velocity == 0):
            self._sounding.discard((message.channel, message.note))

    def _wait_until(self, due_sec: float) -> float:
        """Wait for a time; return by how much all later ones are put off, 0 but for a machine that slept."""
        while (left_sec := due_sec - self._now()) > 0:
            self._wait(min(left_sec, _POLL_SEC))
        return -left_sec if -left_sec > _MAX_LATE_SEC else 0.0


def open_port(name: str | None = None) -> Any:
    """Open a MIDI port for output.

    Args:
        name: of the port, or a part of it that no other has; None: the first one behind which there may be an
            instrument.

    Raises:
        OptionError: python-rtmidi is not installed, or there is no such port.
    """
    import mido

    try:
        names = list(mido.get_output_names())
    except ImportError as error:
        raise OptionError("a MIDI port needs the package python-rtmidi", mend=_INSTALL) from error
    except Exception as error:  # RtMidi's own family, which is only importable with it
        raise OptionError(f"this system has no MIDI: {error}", mend="write files instead: -o NAME.mid") from error
    chosen = _chosen(name, names)
    try:
        return mido.open_output(chosen)
    except Exception as error:  # as above: the port is gone, or another program holds it
        raise OptionError(f'the MIDI port "{chosen}" cannot be opened: {error}') from error


def _chosen(name: str | None, names: list[str]) -> str:
    """Return the port that is meant."""
    listed = ", ".join(names) or "none"
    if name is None:
        chosen = next((one for one in names if _THROUGH not in one.lower()), None)
        if chosen is None:
            mend = "start a synthesizer (fluidsynth -s FONT.sf2), or connect an instrument"
            raise OptionError(f"there is no MIDI port to play on; found {listed}", mend=mend)
        return chosen
    if name in names:
        return name
    fitting = [one for one in names if name.lower() in one.lower()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise OptionError(f'several MIDI ports have "{name}" in their names', mend=f"there are {', '.join(fitting)}")
    raise OptionError(f'no MIDI port "{name}"', mend=did_you_mean(name, names) or f"there are {listed}")
