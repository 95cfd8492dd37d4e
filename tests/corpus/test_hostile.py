"""A stranger's file, whatever it holds, ends in a Score or in one error of ours: no hang, no code that runs."""

from __future__ import annotations

import io
import itertools
import random
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from composer.corpus import ReadResult, read_bytes, read_score
from composer.corpus.reader import read_pieces_bytes
from composer.errors import MusicFileError, Problem

KERN = """\
**kern	**kern
*staff2	*staff1
*k[f#]	*k[f#]
*M3/4	*M3/4
*MM90	*MM90
*>[A,A,B]	*>[A,A,B]
*>A	*>A
=1	=1
*	*^
2.G	2.b	4g'
.	.	(8a
.	.	8b)
.	.	4cc;
*	*v	*v
*>B	*>B
=2:|!	=2:|!
[4D	12dL
.	12e
.	12f#J
4D]	4g 4b
4r	qg
.	4g
==	==
*-	*-
"""
ABC = """\
X:1
T:A tune
M:6/8
L:1/8
Q:3/8=100
K:Dmix
|:A|"D"d2e fed|(3cde d2 z B|{g}A>B c/d/ [FA]2-[FA]|1 d3 d2:|2 d3 d3|]
w: a tune with words

X:2
M:C
K:Gm
V:1
!p!G2 A>B|c4-|[K:C]c2 !trill!^d'2|]
V:2
G,,2 z2|[C,E,]4|x4|]
"""
CONTAINER = "<container><rootfiles><rootfile full-path='score.xml'/></rootfiles></container>"
NUMBERS = [
    "0",
    "-1",
    "1e400",
    "NaN",
    "inf",
    "9" * 20,
    "0.0000001",
    "²",
    "١",
    "1_0",
    "3/2",
    "7",
    "64",
    "128",
    "65536",
    "",
]
WORDS = [
    "\x1b[31m",
    "\u202e",
    "<",
    ">",
    "&",
    "|:",
    ":|",
    "[1",
    "*^",
    "*v",
    "*x",
    "*-",
    "(",
    "{",
    "-",
    "^" * 9,
    "\t",
    "\n",
    "\0",
]


def zipped(members: dict[str, bytes | str], **how: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def refusal(data: bytes, name: str = "x") -> Problem:
    with pytest.raises(MusicFileError) as caught:
        read_bytes(data, name)
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert problem.place.source.startswith(name)
    assert str(problem).isprintable()
    return problem


@pytest.fixture
def sheet(musicxml: Callable[..., bytes], note: Callable[..., str]) -> bytes:
    """Two staves, a tie, a chord, a repeat with an ending, another meter."""
    back = "<barline><ending number='1' type='stop'/><repeat direction='backward'/></barline>"
    start, stop = (f"<tie type='{kind}'/><notations><slur type='{kind}'/></notations>" for kind in ("start", "stop"))
    return musicxml(
        [
            note("G4", 16, more=start) + "<backup><duration>16</duration></backup>" + note("C3", 16, staff=2, voice=2),
            note("G4", 8, more=stop) + note("B4", 8, before="<chord/>") + note("D5", 8) + back,
            "<attributes><time><beats>3</beats><beat-type>8</beat-type></time></attributes>"
            "<direction><direction-type><words>Allegro</words></direction-type><sound tempo='96'/></direction>"
            + note("C5", 6),
        ],
        [note("E4", 16), note("F4", 16), note("E4", 6)],
    )  # fmt: skip


@pytest.fixture
def song(midi: Callable[..., bytes]) -> bytes:
    """Two hands, a key, two meters and tempos."""
    signs = [(0, b"\xff\x59\2\xfe\1"), (0, b"\xff\x51\3\7\xa1\x20"), (4, b"\xff\x51\3\6\xa1\x20"), (3, b"\xff\6\1A")]
    upper = [(i / 2, 0.5, 60 + i * 7 % 12) for i in range(24)]
    return midi(
        upper, [(i, 1, 48) for i in range(12)], names=["right", "left"], meters=[(0, 4, 2), (8, 3, 2)], meta=signs
    )


# ---------------------------------------------------------------- a quick fuzz


def mutant(data: bytes, rng: random.Random) -> bytes:
    """Damage bytes, blocks, numbers and words."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        end = at + rng.choice((1, 2, 8, 60))
        what = rng.randrange(6)
        if what == 0:
            data = data[:at] + rng.randbytes(rng.choice((1, 2, 4))) + data[at + 1 :]
        elif what == 1:
            data = data[:at] + data[end:]
        elif what == 2:
            data = data[:end] + data[at:end] * rng.choice((1, 2, 40)) + data[end:]
        elif what == 3:
            data = data[:at] + rng.choice(WORDS).encode() + data[at:]
        else:
            digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57] or [at]
            at = rng.choice(digits)
            data = data[:at] + rng.choice(NUMBERS).encode() + data[at + 1 :]
    return data[:50_000]


def read_or_refused(data: bytes) -> tuple[tuple[ReadResult, ...], tuple[Problem, ...]]:
    try:
        return read_pieces_bytes(data, "x", unfold=True), ()
    except MusicFileError as error:
        return (), error.problems


def assert_sound(result: ReadResult) -> None:
    score = result.score
    notes = [note for part in score.parts for note in part.notes]
    assert notes
    assert all(note.onset_tick >= 0 and note.end_tick <= score.end_tick for note in notes)
    assert all(0 <= note.pitch <= 127 and (note.duration_tick > 0) != note.is_grace for note in notes)
    assert score.bars[0].onset_tick == 0
    assert all(one.end_tick == other.onset_tick for one, other in itertools.pairwise(score.bars))
    assert all(line.isprintable() for line in result.mended)


@pytest.mark.parametrize("kind", ["midi", "musicxml", "mxl", "kern", "abc"])
def test_a_mutant_is_read_or_refused_in_words(kind: str, song: bytes, sheet: bytes):
    sound = {"midi": song, "musicxml": sheet, "mxl": sheet, "kern": KERN.encode(), "abc": ABC.encode()}[kind]
    read_bytes(zipped({"score.xml": sound}) if kind == "mxl" else sound, "x")  # what is damaged here was sound
    rng = random.Random(f"hostile {kind}")
    slowest = 0.0
    for number in range(80):
        data = mutant(sound, rng)
        if kind == "mxl":
            data = zipped({"META-INF/container.xml": CONTAINER, "score.xml": data})
            data = mutant(data, rng) if number % 2 else data
        start = time.process_time()
        results, problems = read_or_refused(data)
        for result in results:
            assert_sound(result)
        assert all(problem.place is not None for problem in problems)
        assert all(str(problem).isprintable() and len(str(problem)) < 500 for problem in problems)
        slowest = max(slowest, time.process_time() - start)
    assert slowest < 2


# ---------------------------------------------------------------- MIDI


def test_a_gap_of_2_to_the_28_ticks_ends_its_track_not_the_program(midi):
    data = midi([(0, 1, 60)])
    long_gap = data.replace(b"\0\xff\x2f\0", b"\xff\xff\xff\x7f\x90\x3c\x50\0\xff\x2f\0")
    result = read_bytes(long_gap, "x.mid")
    assert len(result.score.parts[0].notes) == 1
    assert any("beyond 30,000 quarters" in line for line in result.mended)


def test_system_messages_that_have_no_business_in_a_file_are_skipped_with_their_data(midi):
    rows = [(0, 1, 60), (1, 1, 62)]
    for message in (b"\0\xf1\x7f", b"\0\xf2\1\2", b"\0\xf3\1", b"\0\xf6", b"\0\xf8"):
        data = midi(rows)
        at = data.rindex(b"MTrk")
        data = data[:at] + b"MTrk\0\0\0\x7f" + message + data[at + 8 :]
        assert len(read_bytes(data, "x.mid").score.parts[0].notes) == 2


def test_data_without_a_status_are_skipped_up_to_one(midi):
    data = midi([(0, 1, 60), (1, 1, 62)])
    at = data.rindex(b"MTrk")
    result = read_bytes(data[:at] + b"MTrk\0\0\0\x7f\0\x3c\x50" + data[at + 8 :], "x.mid")
    assert len(result.score.parts[0].notes) == 2
    assert any("without a status" in line for line in result.mended)


def test_a_header_that_stands_behind_its_track_is_found(midi):
    data = midi([(0, 1, 60)])
    assert len(read_bytes(data[14:] + data[:14], "x.mid").score.parts[0].notes) == 1


def test_tracks_without_a_header_are_refused_as_midi(midi):
    assert "MThd" in str(refusal(midi([(0, 1, 60)])[14:]))


def test_a_tempo_faster_than_any_music_is_ignored(midi):
    result = read_bytes(midi([(0, 1, 60)], meta=[(0, b"\xff\x51\3\0\0\1")]), "x.mid")
    assert result.score.tempos == ()
    assert any("tempo that does not exist" in line for line in result.mended)


def test_signs_after_the_last_bar_are_told_and_left_out(midi):
    result = read_bytes(midi([(0, 1, 60)], meta=[(400, b"\xff\6\1Z"), (400, b"\xff\x59\2\1\0")]), "x.mid")
    assert (result.score.marks, result.score.keys) == ((), ())
    assert any("after the last bar" in line for line in result.mended)


@pytest.mark.parametrize("bars", [50, 600])
def test_a_piece_may_begin_with_many_bars_of_rest(midi, bars):
    result = read_bytes(midi([(4 * bars + i, 1, 60 + i % 5) for i in range(40)]), "x.mid")
    assert len(result.score.parts[0].notes) == 40


def test_a_note_that_the_shift_of_a_piece_would_put_before_its_beginning_begins_with_it(midi):
    result = read_bytes(midi([(0, 1, 60), *((i + 27 / 480, 1, 62) for i in range(1, 20))]), "x.mid")
    assert min(note.onset_tick for note in result.score.parts[0].notes) == 0


def test_events_without_end_are_cut_off(midi, monkeypatch):
    monkeypatch.setattr("composer.corpus.midi.smf.MAX_EVENTS", 20)
    result = read_bytes(midi([(i, 1, 60) for i in range(30)]), "x.mid")
    assert 0 < len(result.score.parts[0].notes) < 20
    assert any("more than 20 events" in line for line in result.mended)


# ---------------------------------------------------------------- XML and zip


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/passwd">',
        '<!ENTITY % b SYSTEM "http://x/">',
    ],
)
def test_entities_are_refused_and_nothing_is_fetched(entity, monkeypatch, sheet):
    def used(*_args: object) -> None:
        pytest.fail("the network was used")

    monkeypatch.setattr(socket.socket, "connect", used)
    bomb = b"<?xml version='1.0'?>\n<!DOCTYPE s [" + entity.encode() + b"]>" + sheet.partition(b"?>")[2]
    assert "entity" in str(refusal(bomb))
    assert refusal(zipped({"META-INF/container.xml": bomb})).place.line == 2


def test_a_lie_about_the_size_of_a_member_is_found_out(monkeypatch):
    monkeypatch.setattr("composer.corpus.musicxml.xmlfile.MAX_XML_BYTES", 10_000)
    data = bytearray(zipped({"score.xml": b" " * 1_000_000}, compression=zipfile.ZIP_DEFLATED))
    for sign, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = data.find(sign) + offset
        data[at : at + 4] = (100).to_bytes(4, "little")
    refusal(bytes(data))


def test_a_flipped_bit_in_an_archive_is_found_by_its_sum(sheet):
    data = bytearray(zipped({"score.xml": sheet}))
    data[200] ^= 1
    assert "CRC" in str(refusal(bytes(data)))


def test_an_encrypted_member_is_refused(sheet):
    data = bytearray(zipped({"score.xml": sheet}))
    for sign, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.find(sign) + offset] |= 1
    assert "encrypted" in str(refusal(bytes(data)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_musicxml_does_not_know_is_refused(sheet, method):
    assert "compressed in a way" in str(refusal(zipped({"score.xml": sheet}, compression=method)))


def test_an_archive_that_was_cut_off_is_told_so(sheet):
    assert "cut off" in str(refusal(zipped({"score.xml": sheet})[:-40]))


def test_a_long_name_is_not_echoed_in_full():
    container = CONTAINER.replace("score", "x" * 5_000)
    assert len(str(refusal(zipped({"META-INF/container.xml": container})))) < 200


def test_members_that_climb_out_are_never_written(tmp_path, monkeypatch, sheet):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.mxl").write_bytes(zipped({"../out.xml": sheet, "/tmp/out.xml": sheet}))
    assert read_score(tmp_path / "in" / "x.mxl").score.parts
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_piece_of_more_than_30_000_quarters_is_refused():
    kern = "**kern\n*M4/4\n" + "=\n0c\n" * 4_000 + "*-\n"
    assert "32,000 quarters are more than the limit" in str(refusal(kern.encode()))


def test_repeats_that_would_grow_beyond_the_limit_are_not_written_out():
    kern = "**kern\n*>[A,A,A,A,A]\n*>A\n*M4/4\n" + "=\n0c\n" * 1_000 + "*-\n"
    result = read_bytes(kern.encode(), "x", unfold=True)
    assert len(result.score.parts[0].notes) == 1_000
    assert "not written out" in result.mended[-1]


def test_plain_xml_named_mxl_is_read(tmp_path, sheet):
    (tmp_path / "x.mxl").write_bytes(sheet)
    assert read_score(tmp_path / "x.mxl").format == "musicxml"


def test_latin_1_that_calls_itself_utf_8_is_read_and_told(musicxml, note):
    data = musicxml([note("C4", 16)]).replace(b"Part 0", "Fl\xf6te".encode("latin-1"))
    result = read_bytes(data, "x.xml")
    assert result.score.parts[0].name == "Flöte"
    assert "Latin-1" in result.mended[0]


def test_a_chord_of_5_000_notes_is_read_in_linear_time(musicxml, note):
    sign = "<notations><articulations><accent/></articulations></notations>"
    chord = note("C4", 16, more=sign) + note("E4", 16, before="<chord/>") * 5_000
    start = time.process_time()
    assert len(read_bytes(musicxml([chord]), "x.xml").score.parts[0].notes) == 5_001
    assert time.process_time() - start < 5


def test_a_score_without_a_note_says_what_was_in_it(musicxml):
    drum = "<note><unpitched/><duration>16</duration></note>"
    assert "no note in this score (2 notes without pitch left out)" in str(refusal(musicxml([drum * 2])))


def test_a_meter_in_64ths_is_read_in_32nds(musicxml, note):
    result = read_bytes(musicxml([note("C4", 1)], meter="4/64"), "x.xml")
    assert str(result.score.bars[0].meter) == "2/32"
    assert "3/64 cannot be read" in str(refusal(musicxml([note("C4", 1)], meter="3/64")))


def test_the_lowest_note_of_all_may_be_spelled_as_b_sharp(musicxml, note):
    low = note("B#4", 16).replace("<octave>4</octave>", "<octave>-2</octave>")
    assert read_bytes(musicxml([low]), "x.xml").score.parts[0].notes[0].pitch == 0


def test_a_note_that_begins_behind_its_bar_is_left_out_and_told(musicxml, note):
    late = note("C4", 16) + "<forward><duration>400</duration></forward>" + note("E4", 4)
    result = read_bytes(musicxml([late, note("D4", 16)], [note("C3", 16), note("D3", 16)]), "x.xml")
    assert [len(part.notes) for part in result.score.parts] == [2, 2]
    assert any("1 notes that begin behind their bar" in line for line in result.mended)
    gap = "<forward><duration>400</duration></forward>" + note("E4", 4)
    assert "no note" in str(refusal(musicxml([gap], ["<forward><duration>16</duration></forward>"])))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"SMF2CLIP\0\0", "MIDI 2.0"),
        (b"%PDF-1.7", "a PDF is not read"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a sound file"),
        (b"ID3\4", "a sound file"),
        (b"<museScore version='4'/>", "export it from MuseScore"),
        (b"<mei/>", "convert it to MusicXML"),
        (b"<html><body/></html>", "a web page"),
        (zipped({"score.mscx": "<museScore/>"}), "export it from MuseScore"),
    ],
)
def test_files_of_other_programs_are_named(data, said):
    assert said in str(refusal(data))


# ---------------------------------------------------------------- kern


def test_blanks_between_the_kinds_of_spines_are_read_as_tabs():
    assert len(read_bytes(b"**kern  **kern\t**kern\n4c\t4e\t4g\n*-\t*-\t*-\n", "x.krn").score.parts) == 3


def test_a_bar_line_in_one_column_holds_for_all():
    result = read_bytes(b"**kern\t**kern\n4c\t4e\n=2\n4d\t4f\n*-\t*-\n", "x.krn")
    assert len(result.score.bars) == 2
    assert result.mended[0] == "line 3: a bar line in 1 of 2 columns"


# ---------------------------------------------------------------- ABC


def test_a_note_that_is_longer_than_its_chord_does_not_outlast_the_piece():
    score = read_bytes(b"X:1\nM:2/4\nL:1/4\nK:C\nC2|[Ceg4]|", "x.abc").score
    assert max(note.end_tick for note in score.parts[0].notes) == score.end_tick


def test_a_field_of_60_000_letters_is_read_in_linear_time():
    start = time.process_time()
    read_bytes(b"X:1\nK:C\nC4|\nK:" + b"a" * 60_000 + b"\nV:" + b"b" * 60_000 + b"\nD4|\n", "x.abc")
    assert time.process_time() - start < 2


# ---------------------------------------------------------------- files that are none


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/stdin", "."])
def test_devices_and_folders_are_refused_at_once(name):
    with pytest.raises(MusicFileError, match=r"not a file|cannot read"):
        read_score(Path(name))


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "\udcff.mid", "no\x1b[31m.mid"])
def test_names_that_no_file_has_are_refused_in_words(name, tmp_path):
    with pytest.raises(MusicFileError) as caught:
        read_score(tmp_path / name)
    assert str(caught.value).isprintable()
    str(caught.value).encode()


def test_a_loop_of_links_is_refused(tmp_path):
    (tmp_path / "b.mid").symlink_to(tmp_path / "a.mid")
    (tmp_path / "a.mid").symlink_to(tmp_path / "b.mid")
    with pytest.raises(MusicFileError, match="cannot read"):
        read_score(tmp_path / "a.mid")


@pytest.mark.parametrize("text", ["\x1b]0;owned\x07", "\u202egnp", "\r\nerror: all is lost", "\x9b31m"])
def test_what_a_file_says_cannot_steer_a_terminal(text):
    kern = f"**kern\n4c\n*M{text}/4\n4d\n*-\n"
    abc = f"X:1\nM:{text}\nK:{text}\nCD!{text}!EF|\n"
    for data in (kern, abc):
        results, problems = read_or_refused(data.encode())
        told = [*map(str, problems), *(line for result in results for line in result.mended)]
        assert told
        assert all(line.isprintable() for line in told)


def test_what_was_mended_twice_in_the_same_way_is_one_line():
    mended = read_bytes(b"**kern\t**kern\n*M0/0\t*M0/0\n4c\t4e\n*-\t*-\n", "x.krn").mended
    assert any(line.endswith("(2 times)") for line in mended)


def test_music21_never_sees_a_strangers_file(tmp_path, song, sheet):
    """Its readers run for minutes on some files, and its cache unpickles what lies in a shared folder."""
    for name, data in {
        "a.mid": song,
        "b.xml": sheet,
        "c.mxl": zipped({"s.xml": sheet}),
        "d.krn": KERN,
        "e.abc": ABC,
    }.items():
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    code = (
        "import sys; from composer.corpus import iter_folder, ReadResult\n"
        "assert [type(one) for one in iter_folder(sys.argv[1])] == [ReadResult] * 6\n"
        "assert not {'music21', 'pickle5', 'urllib.request', 'lxml'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)


def test_only_the_list_of_built_in_pieces_knows_music21(repository):
    users = {
        str(path.relative_to(repository))
        for path in (repository / "composer").rglob("*.py")
        if any(word in path.read_text("utf-8") for word in ("import music21", "from music21"))
    }
    assert users <= {"composer/corpus/builtin.py"}
