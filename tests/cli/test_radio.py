"""`compose radio`: piece after piece, and an end that leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import mido
import pytest

import composer.radio
from composer.radio import MidiChannel

ENDED: list[str] = []  # what was ended, in that order


class AtHome:
    """A workshop in this process, which is stopped by Ctrl-C before the piece that `stop_before` counts."""

    stop_before: int | None = None

    def __init__(self, make) -> None:
        self.make, self.orders, self.made = make, [], 0

    def __enter__(self) -> AtHome:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        ENDED.append("workshop")

    def order(self, order) -> None:
        self.orders.append(order)

    def fetch(self):
        self.made += 1
        if self.made == self.stop_before:
            raise KeyboardInterrupt
        return self.make(self.orders.pop(0))


@pytest.fixture(autouse=True)
def at_home(monkeypatch, no_network):
    monkeypatch.setattr(composer.radio, "Workshop", AtHome)
    monkeypatch.setattr(AtHome, "stop_before", None)
    ENDED.clear()


WORDS = ("radio", "--style", "bach", "--form", "binary", "--form", "ternary", "--bars", "24", "--seed", "5")


def test_the_programme_is_told_and_written_piece_by_piece(run, tmp_path):
    result = run(*WORDS, "--key", "D minor", "--pieces", "2", "-o", "a.mid", "-o", "a.yaml")
    assert result.exit_code == 0, result.output
    first, *lines = result.stdout.splitlines()
    assert first.startswith("seed 5; ")
    assert [re.sub(r"\d+:\d\d.*", "", line) for line in lines] == [
        "  1  Binary in D minor · binary · D minor · 24 bars, ",
        "  2  Ternary in C major · ternary · C major · 24 bars, ",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-001.mid", "a-001.yaml", "a-002.mid", "a-002.yaml"]


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(run, tmp_path):
    contents = []
    for seed in ("5", "5", "6"):
        run(*WORDS[:-1], seed, "--pieces", "1", "-o", "a.yaml")
        contents.append((tmp_path / "a-001.yaml").read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_ctrl_c_between_pieces_keeps_what_is_done(run, tmp_path, monkeypatch):
    monkeypatch.setattr(AtHome, "stop_before", 2)
    result = run(*WORDS, "-o", "a.mid")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "stopped"
    assert [path.name for path in tmp_path.iterdir()] == ["a-001.mid"]


def test_the_page_is_opened_when_that_is_asked_for(run, monkeypatch):
    opened = []
    monkeypatch.setattr("composer.cli.radio.open_address", opened.append)
    monkeypatch.setattr(AtHome, "stop_before", 1)
    result = run(*WORDS, "--open")
    assert opened == [result.stdout.splitlines()[1].removeprefix("listen at ")]
    assert opened[0].startswith("http://127.0.0.1:")
    run(*WORDS)
    assert len(opened) == 1


class Port:
    """Takes what it is sent; time passes in no time."""

    def __init__(self) -> None:
        self.heard: list[mido.Message] = []
        self.is_open, self.sec = True, 0.0

    def send(self, message: mido.Message) -> None:
        self.heard.append(message)

    def close(self) -> None:
        self.is_open = False
        ENDED.append("port")

    def wait(self, seconds: float) -> None:
        self.sec += seconds


def test_a_midi_port_hears_the_piece_and_is_left_silent(run, monkeypatch):
    port, asked = Port(), []
    monkeypatch.setattr(composer.radio, "open_port", lambda name: asked.append(name) or port)
    monkeypatch.setattr(
        composer.radio, "MidiChannel", lambda opened: MidiChannel(opened, now=lambda: port.sec, wait=port.wait)
    )
    result = run(*WORDS, "--pieces", "1", "--midi")
    assert result.exit_code == 0, result.output
    assert asked == [None]
    assert sum(message.type == "note_on" and message.velocity > 0 for message in port.heard) > 30
    assert port.sec == pytest.approx(composer_seconds(result.stdout), abs=4)
    assert port.heard[-1].is_cc(120)
    assert not port.is_open
    assert ENDED == ["port", "workshop"], "nothing sounds on while a process takes its time to end"


def composer_seconds(printed: str) -> int:
    minutes, seconds = re.search(r"(\d+):(\d\d) \(", printed).groups()
    return 60 * int(minutes) + int(seconds)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--midi", "--page"), "--midi and --page would play at once"),
        (("--form", "rondoo"), 'no form "rondoo" (did you mean "rondo"?)'),
        (("-o", "a.xyz"), 'a-001.xyz: no writer for ".xyz"'),
        (("-o", "nowhere/a.mid"), "nowhere: the folder does not exist"),
        (("--key", "H major"), 'no key "H major"'),
        (("--form", "ternary", "--bars", "9"), "this form cannot have 9 bars"),
        (("--style", "bahc"), 'no style "bahc"'),
        (("--soundfont", "x.sf2"), "a sound font, but no sound to write"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_opened(run, tmp_path, words, told):
    result = run("radio", *words)
    assert result.exit_code == 2
    assert told in result.stderr.splitlines()[0]
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_a_running_radio_ends_at_once_without_a_word_of_python(tmp_path, number):
    words = [sys.executable, "-m", "composer", "radio", "--form", "binary", "--seed", "1", "--page", "-o", "a.mid"]
    radio = subprocess.Popen(
        words,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,
    )
    try:
        lines = [radio.stdout.readline(), radio.stdout.readline()]
        assert re.fullmatch(r"listen at http://127\.0\.0\.1:\d+/\n", lines[1]), lines
        time.sleep(0.3)  # the other process is importing what it needs
        os.killpg(radio.pid, number) if number == signal.SIGINT else radio.send_signal(number)
        out, err = radio.communicate(timeout=15)
    finally:
        radio.kill()
    assert (out, err, radio.returncode) == ("stopped\n", "", 0)
    assert not list(Path(tmp_path).iterdir())
    assert not family_is_there(radio.pid)


def heed_signals():
    """Let Ctrl-C and a closed terminal end what is started here, though the tests may run behind `nohup`."""
    for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
        signal.signal(number, signal.SIG_DFL)


def family_is_there(process_group: int) -> bool:
    """Whether a process of a group is left after some seconds."""
    for _ in range(100):
        try:
            os.killpg(process_group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True
