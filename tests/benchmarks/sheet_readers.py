"""What other programs say of our sheets (verovio, music21, MuseScore, LilyPond) and MIDI files (mido and others).

Each function takes files and returns complaints in words, none where all is well. MuseScore (`mscore3`), `musicxml2ly`
and `lilypond` are Debian's packages musescore3 and lilypond.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

_MAX_SECONDS = 600
_NO_ARROW = "unknown arpeggio type none"  # MuseScore 3 of every roll without an arrow, which it draws rightly
# What musicxml2ly 2.24 says of any file; the last of every first ending, of the plainest file too.
_USUAL_LY = (
    "Reading MusicXML",
    "Converting to",
    "Output to",
    "unprocessed marker <musicxml2ly_conversion.RepeatMarker",
)
_DRAW = """
import sys
from pathlib import Path
import verovio
verovio.enableLog(verovio.LOG_WARNING)
toolkit = verovio.toolkit()
for path in sys.argv[1:]:
    print("file", path, file=sys.stderr, flush=True)
    if not toolkit.loadFile(path):
        print("not read", file=sys.stderr)
    for page in range(1, toolkit.getPageCount() + 1):
        toolkit.renderToSVG(page)
    sys.stderr.flush()
"""

MidiNote = tuple[int, int, int, int, int]  # onset tick, end tick, pitch, velocity, program


def verovio_complaints(files: Sequence[Path]) -> dict[Path, list[str]]:
    """Return what verovio logs while it draws each file, warnings included."""
    run = subprocess.run([sys.executable, "-c", _DRAW, *map(str, files)], capture_output=True, text=True, check=True)
    found: dict[Path, list[str]] = {}
    own: list[str] = []
    for line in run.stderr.splitlines():
        if line.startswith("file "):
            own = found.setdefault(Path(line.removeprefix("file ")), [])
        elif line.strip():
            own.append(line.strip())
    return found


def bars_not_full(file: Path) -> Iterator[str]:
    """Yield voices that do not fill their bar, and bars that are not as long as their meter, from the XML itself.

    Two measures of one number (4 and X4, where a repeat sign stands inside a bar) are one bar; the last bar may lack
    what the upbeat has.
    """
    for part in ET.parse(file).getroot().iter("part"):
        divisions, meter = 1, Fraction(4)
        lengths: dict[str, Fraction] = {}
        meters: dict[str, Fraction] = {}
        for measure in part.iter("measure"):
            number = measure.attrib["number"]
            divisions = int(measure.findtext("attributes/divisions", str(divisions)))
            time = measure.find("attributes/time")
            if time is not None:
                meter = Fraction(int(time.findtext("beats", "4")) * 4, int(time.findtext("beat-type", "4")))
            ends = _ends_of_voices(measure)
            if len(set(ends.values())) > 1:
                yield f"bar {number}: voices end at {sorted(ends.values())} of {meter * divisions}"
            bar = number.removeprefix("X")
            lengths[bar] = lengths.get(bar, Fraction(0)) + Fraction(max(ends.values()), divisions)
            meters[bar] = meter
        upbeat = lengths.pop("0", Fraction(0))
        last = list(lengths)[-1]
        for bar, length in lengths.items():
            if length != meters[bar] and not (bar == last and length + upbeat == meters[bar]):
                yield f"bar {bar}: {length} quarters of {meters[bar]}"


def _ends_of_voices(measure: ET.Element) -> dict[str, int]:
    """Return where each voice of a measure ends, in divisions; -1 where it has a gap."""
    voices: dict[str, int] = {}
    at = 0
    for element in measure:
        length = int(element.findtext("duration", "0"))
        if element.tag == "backup":
            at -= length
        elif element.tag == "note" and element.find("chord") is None:
            voice = element.findtext("voice", "1")
            is_gapless = voices.get(voice, 0) == at
            at += length
            voices[voice] = at if is_gapless else -1
    return voices


def music21_complaints(file: Path) -> list[str]:
    """Return what music21 warns of, and whether it finds other notes or other lengths of bars than the file has."""
    import music21

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        score = music21.converter.parse(str(file), forceSource=True)
    found = [str(warning.message) for warning in caught if "music21" in str(warning.category)]
    count = sum(len(getattr(chord, "notes", [chord])) for chord in score.recurse().notes)
    if count != _num_notes(file):
        found.append(f"{count} notes of {_num_notes(file)}")
    for part in score.parts:
        for measure in part.getElementsByClass("Measure"):
            ends = {voice.duration.quarterLength for voice in measure.voices or [measure]}
            if len(ends) > 1:
                found.append(f"bar {measure.number}: voices of {sorted(ends)} quarters")
    return found


def _num_notes(file: Path) -> int:
    return sum(note.find("pitch") is not None for note in ET.parse(file).getroot().iter("note"))


def musescore_complaints(files: Sequence[Path], program: str = "mscore3") -> dict[Path, list[str]]:
    """Return for each file whether MuseScore could not open it, or found other notes in it than there are."""
    found: dict[Path, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        outs = {file: Path(folder) / f"{number}.mscx" for number, file in enumerate(files)}
        job = Path(folder) / "job.json"
        job.write_text(json.dumps([{"in": str(file.resolve()), "out": str(out)} for file, out in outs.items()]))
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": folder}
        run = subprocess.run(
            [program, "-j", str(job)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=_MAX_SECONDS,
            check=False,
        )
        said = [line for line in run.stderr.splitlines() if "convert <" not in line and "to <" not in line]
        said = [line for line in said if line.strip() and "success" not in line and _NO_ARROW not in line]
        for file, out in outs.items():
            own = found.setdefault(file, [])
            if not out.exists():
                own.append("not opened")
                continue
            count = sum(1 for _ in ET.parse(out).getroot().iter("Note"))
            if count != _num_notes(file):
                own.append(f"{count} notes of {_num_notes(file)}")
    if said:
        found[Path("MuseScore itself")] = said
    return found


def lilypond_complaints(file: Path, *, engraves: bool) -> list[str]:
    """Return what musicxml2ly says besides its usual lines, and, where it engraves, LilyPond of the result."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "piece.ly"
        command = ["musicxml2ly", f"--output={made}", str(file)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=_MAX_SECONDS, check=False)
        found = [line for line in run.stderr.splitlines() if line.strip() and not any(w in line for w in _USUAL_LY)]
        if run.returncode or not made.exists():
            found.append("not converted")
        elif engraves:
            command = ["lilypond", "--loglevel=WARNING", "-o", str(made.with_suffix("")), str(made)]
            run = subprocess.run(command, capture_output=True, text=True, timeout=_MAX_SECONDS, check=False)
            found += [line for line in run.stderr.splitlines() if line.strip()]
    return found


# ---------------------------------------------------------------- MIDI


def midi_complaints(file: Path) -> list[str]:
    """Return where mido, pretty_midi and symusic do not find the same notes."""
    notes = {"mido": _mido(file), "pretty_midi": _pretty_midi(file), "symusic": _symusic(file)}
    reference = notes.pop("mido")
    return [
        f"{name}: {len(set(found) ^ set(reference))} notes differ"
        for name, found in notes.items()
        if found != reference
    ]


def _mido(file: Path) -> list[MidiNote]:
    import mido

    found: list[MidiNote] = []
    for track in mido.MidiFile(file).tracks:
        tick = 0
        program: dict[int, int] = {}
        struck: dict[tuple[int, int], tuple[int, int]] = {}
        for message in track:
            tick += message.time
            if message.type == "program_change":
                program[message.channel] = message.program
            elif message.type == "note_on" and message.velocity:
                struck[message.channel, message.note] = (tick, message.velocity)
            elif message.type in ("note_on", "note_off"):
                onset, velocity = struck.pop((message.channel, message.note))
                found.append((onset, tick, message.note, velocity, program.get(message.channel, 0)))
    return sorted(found)


def _pretty_midi(file: Path) -> list[MidiNote]:
    import pretty_midi

    read = pretty_midi.PrettyMIDI(str(file))
    return sorted(
        (read.time_to_tick(note.start), read.time_to_tick(note.end), note.pitch, note.velocity, one.program)
        for one in read.instruments
        for note in one.notes
    )


def _symusic(file: Path) -> list[MidiNote]:
    import symusic

    return sorted(
        (note.time, note.end, note.pitch, note.velocity, track.program)
        for track in symusic.Score(file).tracks
        for note in track.notes
    )


def counted(complaints: Mapping[Path, Iterable[str]]) -> tuple[int, list[str]]:
    """Return how many files are complained of, and the complaints as lines."""
    lists = {file: list(own) for file, own in complaints.items()}
    return sum(map(bool, lists.values())), [f"{file.name}: {line}" for file, own in lists.items() for line in own]
