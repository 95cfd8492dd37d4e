"""A port hears the file in time; however the radio ends, nothing goes on sounding."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import mido
import pytest

from composer.errors import OptionError, OutputError
from composer.radio import MidiChannel, open_port


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.sec = 100.0
        self.at_wait = {}  # number of the wait: what happens then

    def now(self) -> float:
        return self.sec

    def wait(self, seconds: float) -> None:
        assert 0 < seconds <= 0.2, "Ctrl-C would have to wait"
        self.sec += seconds


class Port:
    """Writes down what it hears, and when."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.heard, self.is_open = clock, [], True

    def send(self, message: mido.Message) -> None:
        assert self.is_open
        self.heard.append((round(self.clock.sec - 100.0, 3), message))

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def port(clock) -> Port:
    return Port(clock)


@pytest.fixture
def channel(port, clock):
    return MidiChannel(port, now=clock.now, wait=clock.wait, pause_sec=2.0)


def on(pitch: int, velocity: int = 64, channel: int = 0) -> mido.Message:
    return mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)


def off(pitch: int, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", channel=channel, note=pitch)


@pytest.fixture
def tune(aired, midi_of):
    """Three quarters of half a second, the pedal down in between."""
    pedal = mido.Message("control_change", control=64, value=127)
    events = [
        (0, mido.Message("program_change", program=6)),
        (0, on(60)),
        (0.5, pedal),
        (0.5, off(60)),
        (0, on(62)),
        (2, on(62, 0)),
    ]
    return aired(midi=midi_of(*events))


def sounding(heard) -> set[tuple[int, int]]:
    """What sounds after all that was sent, on a synthesizer that knows notes alone."""
    found: set[tuple[int, int]] = set()
    for _, message in heard:
        if message.type == "note_on" and message.velocity:
            found.add((message.channel, message.note))
        elif message.type in ("note_on", "note_off"):
            found.discard((message.channel, message.note))
    return found


def test_every_message_of_the_file_is_sent_at_its_time(channel, port, tune):
    channel.play(tune)
    assert [(sec, message.type) for sec, message in port.heard] == [
        (0.0, "program_change"), (0.0, "note_on"), (0.25, "control_change"),
        (0.5, "note_off"), (0.5, "note_on"), (1.5, "note_on"),
    ]  # fmt: skip


def test_reading_the_file_delays_no_first_note(channel, port, clock, tune, monkeypatch):
    midi_file = mido.MidiFile

    def slowly_read(**options):
        clock.sec += 0.3
        return midi_file(**options)

    monkeypatch.setattr(mido, "MidiFile", slowly_read)
    channel.play(tune)
    assert [round(sec - 0.3, 3) for sec, _ in port.heard] == [0.0, 0.0, 0.25, 0.5, 0.5, 1.5]


def test_there_is_a_pause_between_two_pieces_and_none_before_the_first(channel, port, tune):
    channel.play(tune)
    channel.play(tune)
    starts = [sec for sec, message in port.heard if message.type == "program_change"]
    assert starts == [0.0, pytest.approx(3.5)]


def hold_up(port, clock, *, seconds):
    """Let each change of a controller take so long."""
    send = port.send

    def slow(message):
        send(message)
        if message.type == "control_change":
            clock.sec += seconds

    port.send = slow


def test_one_late_message_does_not_delay_the_others(channel, port, clock, tune):
    hold_up(port, clock, seconds=0.15)
    channel.play(tune)
    assert [sec for sec, _ in port.heard][-3:] == [0.5, 0.5, 1.5]


def test_after_a_sleep_of_the_machine_the_piece_goes_on_where_it_was(channel, port, clock, tune):
    hold_up(port, clock, seconds=3600)
    channel.play(tune)
    times = [sec for sec, _ in port.heard]
    assert times[3] == pytest.approx(3600.25)
    assert times[5] - times[3] == pytest.approx(1.0)


def test_ctrl_c_leaves_no_note_no_pedal_and_no_open_port(channel, port, clock, tune):
    def stopped(seconds):
        clock.sec += seconds
        if clock.sec > 100.3:
            raise KeyboardInterrupt

    channel._wait = stopped
    with pytest.raises(KeyboardInterrupt), channel:
        channel.play(tune)
    assert not sounding(port.heard)
    assert (0, 60) in {(message.channel, message.note) for _, message in port.heard if message.type == "note_off"}
    for control in (64, 120, 123):
        channels = {m.channel for _, m in port.heard if m.is_cc(control) and m.value == 0}
        assert channels == set(range(16))
    assert not port.is_open


def test_a_port_that_fails_in_the_middle_is_closed(channel, port, tune):
    def broken(message):
        raise OSError("unplugged")

    port.send = broken
    with pytest.raises(OutputError, match="takes nothing any more: unplugged"), channel:
        channel.play(tune)
    assert not port.is_open


# ---------------------------------------------------------------- which port


@pytest.fixture
def ports(monkeypatch):
    """Let the system have some ports; those that are opened are their names."""
    names = ["Midi Through Port-0", "FLUID Synth (1)", "FLUID Synth (2)", "Piano"]
    monkeypatch.setattr(mido, "get_output_names", lambda: list(names), raising=False)
    monkeypatch.setattr(mido, "open_output", lambda name: f"opened {name}", raising=False)
    return names


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (None, "FLUID Synth (1)"),
        ("Piano", "Piano"),
        ("pian", "Piano"),
        ("(2)", "FLUID Synth (2)"),
        ("through", "Midi Through Port-0"),
    ],
)
def test_a_port_is_found_by_its_name_or_a_part_of_it(ports, name, found):
    assert open_port(name) == f"opened {found}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Pinao", 'no MIDI port "Pinao" (did you mean "Piano"?)'),
        ("xyz", 'no MIDI port "xyz" (there are Midi Through Port-0, FLUID'),
        ("fluid", 'several MIDI ports have "fluid" in their names (there are FLUID Synth (1), FLUID Synth (2))'),
    ],
)
def test_a_wrong_name_is_told_with_those_that_there_are(ports, name, words):
    with pytest.raises(OptionError) as caught:
        open_port(name)
    assert words in str(caught.value)


def test_without_an_instrument_the_loop_of_linux_is_not_played_on(ports):
    del ports[1:]
    with pytest.raises(OptionError, match="no MIDI port to play on; found Midi Through Port-0"):
        open_port()


def test_a_port_that_another_program_holds_is_told(ports, monkeypatch):
    def held(name):
        raise RuntimeError("device busy")

    monkeypatch.setattr(mido, "open_output", held, raising=False)
    with pytest.raises(OptionError, match='"Piano" cannot be opened: device busy'):
        open_port("Piano")


def test_without_rtmidi_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    monkeypatch.delitem(sys.modules, "mido.backends.rtmidi", raising=False)
    backend = mido.backends.backend.Backend("mido.backends.rtmidi")
    monkeypatch.setattr(mido, "get_output_names", backend.get_output_names, raising=False)
    with pytest.raises(OptionError) as caught:
        open_port()
    assert str(caught.value) == "a MIDI port needs the package python-rtmidi (pip install 'ritornello[radio]')"


def test_a_system_without_midi_is_told(monkeypatch):
    def broken():
        raise SimpleNamespace(Error=RuntimeError).Error("no sequencer")

    monkeypatch.setattr(mido, "get_output_names", broken, raising=False)
    with pytest.raises(OptionError, match="no MIDI: no sequencer"):
        open_port()
