import io
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from composer.export.musicxml import musicxml_bytes, mxl_bytes, write_musicxml
from composer.score import Dynamic, Mark, Note, Part, Repeat, Score, TempoMark, make_bars, sort_notes
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.theory.pitch import Spelling

Q = TICKS_PER_QUARTER


def tree(score):
    return ET.fromstring(musicxml_bytes(score))


def texts(element, path):
    return [found.text for found in element.iterfind(path)]


def read(score):
    """Return the score as music21 reads it: an independent reader."""
    import music21

    return music21.converter.parseData(musicxml_bytes(score).decode(), format="musicxml")


def sounding(stream):
    """Return (onset, length, pitch) in quarters of all notes, ties joined (music21's stripTies forgets some voices)."""
    found, held = [], {}
    for chord in stream.flatten().notes:
        for note in getattr(chord, "notes", [chord]):
            onset, end = Fraction(chord.offset), Fraction(chord.offset) + Fraction(chord.quarterLength)
            tie = note.tie.type if note.tie else ""
            if tie in ("stop", "continue"):
                onset, end_before = held.pop(note.pitch.midi)
                assert end_before == chord.offset
            if tie in ("start", "continue"):
                held[note.pitch.midi] = (onset, end)
            else:
                found.append((onset, end - onset, note.pitch.midi))
    assert not held
    return sorted(found)


def expected(score):
    return sorted((Fraction(n.onset_tick, Q), Fraction(n.duration_tick, Q), n.pitch) for _, n in score.notes())


def test_music21_reads_the_same_notes(keyboard):
    score = keyboard(
        [(0, 67, 1), (1, 72, 1 / 3), (4 / 3, 74, 1 / 3), (5 / 3, 76, 1 / 3), (2, 74, 4), (6, 71, 1), (6, 77, 2)],
        [(1, 48, 3), (1, 55, 1), (4, 43, 5)],
        pickup=1,
    )
    assert sounding(read(score)) == expected(score)


def test_the_pickup_is_bar_nought_and_implicit(keyboard):
    first, second = list(tree(keyboard([(0, 67, 1), (1, 72, 4)], pickup=1, bars=1)).iter("measure"))
    assert (first.get("number"), first.get("implicit")) == ("0", "yes")
    assert (second.get("number"), second.get("implicit")) == ("1", None)


def test_a_keyboard_has_two_staves_with_voices_of_their_own(keyboard):
    score = keyboard([(0, 79, 1), (1, 77, 3), (0, 64, 4)], [(0, 48, 2), (2, 50, 2), (0, 36, 4)], bars=1)
    notes = [(n.findtext("staff"), n.findtext("voice"), n.findtext("stem")) for n in tree(score).iter("note")]
    assert sorted(set(notes)) == [("1", "1", "up"), ("1", "2", "down"), ("2", "5", "up"), ("2", "6", "down")]
    clefs = [(c.get("number"), c.findtext("sign")) for c in tree(score).iter("clef")]
    assert clefs == [("1", "G"), ("2", "F")]


def rests_of(score):
    """Return (voice, type, print-object) of the upper staff's rests."""
    return [
        (rest.findtext("voice"), rest.findtext("type"), rest.get("print-object"))
        for rest in tree(score).iter("note")
        if rest.find("rest") is not None and rest.findtext("staff") == "1"
    ]


def test_the_rests_of_an_inner_voice_are_not_printed(keyboard):
    score = keyboard([(0, 79, 1), (1, 77, 2), (1, 64, 1)], [(0, 48, 4)], bars=1)  # the hand rests on the fourth beat
    assert rests_of(score) == [("1", "quarter", None), ("2", "quarter", "no"), ("2", "half", "no")]


def test_those_of_a_page_s_inner_voice_are_printed_where_the_first_rests_too(keyboard):
    score = keyboard([(0, 79, 1), (1, 77, 2)], [(0, 48, 4)], bars=1)
    notes = (*score.parts[0].notes, Note(Q, 64, Q, voice=2))
    part = replace(score.parts[0], notes=sort_notes(replace(n, spelling=Spelling("C", 0, 4)) for n in notes))
    score = replace(score, parts=(part,))
    assert rests_of(score) == [("1", "quarter", None), ("2", "quarter", "no"), ("2", "half", None)]


def test_key_signatures_change_with_the_section(keyboard):
    keys = ((0, parse_key("G major")), (4 * Q, parse_key("E minor")), (8 * Q, parse_key("Eb major")))
    root = tree(keyboard([], bars=3, keys=keys))
    assert texts(root, ".//key/fifths") == ["1", "1", "-3"]
    assert texts(root, ".//key/mode") == ["major", "minor", "major"]


def test_the_beat_of_six_eight_is_the_dotted_quarter(keyboard):
    root = tree(keyboard([], meter=(6, 8), tempos=(TempoMark(0, 80.0, "Andante"),)))
    (direction,) = (d for d in root.iter("direction") if d.find("sound") is not None)
    assert direction.get("placement") == "above"
    assert texts(direction, ".//words") == ["Andante"]
    assert texts(direction, ".//beat-unit") == ["quarter"]
    assert direction.find(".//beat-unit-dot") is not None
    assert texts(direction, ".//per-minute") == ["80"]
    assert direction.find("sound").get("tempo") == "120"


def test_an_unchanged_tempo_is_not_printed_again(keyboard):
    tempos = (TempoMark(0, 100.0), TempoMark(4 * Q, 100.2), TempoMark(8 * Q, 90.0))
    assert texts(tree(keyboard([], bars=3, tempos=tempos)), ".//per-minute") == ["100", "90"]


def test_marks_begin_their_sections_behind_a_double_bar(keyboard):
    root = tree(keyboard([], bars=3, marks=(Mark(0, "A"), Mark(4 * Q, "B"))))
    first, second, last = root.iter("measure")
    assert texts(first, "direction/direction-type/rehearsal") == ["A"]
    assert texts(second, "direction/direction-type/rehearsal") == ["B"]
    assert [texts(m, "barline/bar-style") for m in (first, second, last)] == [["light-light"], [], ["light-heavy"]]


def test_repeats_and_voltas_have_their_bar_lines(keyboard):
    endings = ((8 * Q, 12 * Q, (1,)), (12 * Q, 16 * Q, (2,)))
    root = tree(keyboard([], bars=5, marks=(), repeats=(Repeat(4 * Q, 16 * Q, endings=endings),)))
    seen = [
        [(b.get("location"), *(r.get("direction") for r in b.iter("repeat"))) for b in m.iter("barline")]
        for m in root.iter("measure")
    ]
    assert seen == [
        [],
        [("left", "forward")],
        [("left",), ("right", "backward")],
        [("left",), ("right",)],
        [("right",)],
    ]
    assert [(e.get("number"), e.get("type")) for e in root.iter("ending")] == [
        ("1", "start"),
        ("1", "stop"),
        ("2", "start"),
        ("2", "discontinue"),
    ]


def test_dynamics_stand_where_they_begin_even_inside_a_note(keyboard):
    dynamics = (Dynamic(0, "mf"), Dynamic(2 * Q, "cresc", 4 * Q), Dynamic(4 * Q, "f"))
    first, second = tree(keyboard([(0, 72, 4), (4, 74, 4)], dynamics=dynamics, tempos=(), marks=())).iter("measure")
    placed = [
        (d.find("direction-type")[0].tag, d.findtext("offset"), [w.get("type") for w in d.iter("wedge")])
        for d in first.iter("direction")
    ]
    assert placed == [("dynamics", None, []), ("wedge", "2", ["crescendo"]), ("wedge", "4", ["stop"])]
    assert second.find(".//dynamics")[0].tag == "f"


def test_a_hairpin_ends_even_before_a_grace_note_at_the_bar_line(keyboard):
    score = keyboard([(0, 72, 4)], bars=1, dynamics=(Dynamic(0, "dim", 4 * Q),))
    notes = (*score.parts[0].notes, Note(3 * Q, 74, 0, is_grace=True))
    score = replace(score, parts=(replace(score.parts[0], notes=notes),))
    assert [wedge.get("type") for wedge in tree(score).iter("wedge")] == ["diminuendo", "stop"]


def test_a_chorale_has_four_named_staves():
    parts = tuple(
        Part(name, (Note(0, pitch, 4 * Q),), 52)
        for name, pitch in (("Soprano", 72), ("Alto", 67), ("Tenor", 60), ("Bass", 48))
    )
    root = tree(Score(parts, make_bars(Meter(4, 4), 1), fermata_ticks=(0,)))
    assert texts(root, ".//part-name") == ["Soprano", "Alto", "Tenor", "Bass"]
    assert texts(root, ".//clef/sign") == ["G", "G", "G", "F"]
    assert texts(root, ".//clef-octave-change") == ["-1"]
    assert len(list(root.iter("fermata"))) == 4
    assert root.find(".//staff") is None


def test_strings_have_their_clefs_however_high_they_play():
    parts = tuple(Part(name, (Note(0, 69, 4 * Q),), program) for name, program in zip("123", (40, 41, 42), strict=True))
    low = Part("4", (Note(0, 55, 4 * Q),), 40)
    root = tree(Score((*parts, low), make_bars(Meter(4, 4), 1)))
    assert texts(root, ".//clef/sign") == ["G", "C", "F", "G"]
    assert texts(root, ".//clef/line") == ["2", "3", "4", "2"]


def test_single_staves_are_bracketed_and_a_voice_stands_apart_from_its_piano(keyboard):
    piano = keyboard([(0, 72, 4)], [(0, 48, 4)])
    voice = Part("Voice", (Note(0, 67, 4 * Q),), 53)
    choir = tree(replace(piano, parts=(voice, voice, *piano.parts)))
    song = tree(replace(piano, parts=(voice, *piano.parts)))
    assert [element.tag for element in choir.find("part-list")] == [
        "part-group",
        "score-part",
        "score-part",
        "part-group",
        "score-part",
    ]
    assert [element.tag for element in song.find("part-list")] == ["score-part", "score-part"]


def test_a_voice_that_rests_has_no_dynamics(keyboard):
    piano = keyboard([(0, 72, 8)], [(0, 48, 8)])
    voice = Part("Voice", (Note(4 * Q, 67, 4 * Q),), 53)
    dynamics = (Dynamic(0, "p"), Dynamic(0, "cresc", 4 * Q), Dynamic(4 * Q, "f"))
    parts = tree(replace(piano, parts=(voice, *piano.parts), dynamics=dynamics)).findall("part")
    assert [[level.tag for mark in part.iter("dynamics") for level in mark] for part in parts] == [["f"], ["p", "f"]]
    assert [len(list(part.iter("wedge"))) for part in parts] == [0, 2]


def test_the_left_hand_takes_the_treble_clef_where_it_stays_high(keyboard):
    lower = [(0, 48, 4), (4, 72, 4), (8, 71, 4), (12, 74, 4), (16, 50, 4)]
    root = tree(keyboard([], lower, bars=5))
    clefs = [[(c.get("number"), c.findtext("sign")) for c in measure.iter("clef")] for measure in root.iter("measure")]
    assert clefs == [[("1", "G"), ("2", "F")], [("2", "G")], [], [], [("2", "F")]]


def test_title_and_credits_stand_in_the_head(keyboard):
    root = tree(keyboard([], title="Rondo & more", credits=("seed: 7", "made for a test")))
    assert root.findtext("work/work-title") == "Rondo & more"
    assert root.find("identification/creator").text == "Ritornello"
    fields = [(f.get("name"), f.text) for f in root.iter("miscellaneous-field")]
    assert fields == [("seed", "7"), ("credit 2", "made for a test")]
    assert root.find(".//encoding-date") is None


def test_a_title_that_xml_cannot_hold_is_escaped(keyboard):
    assert tree(keyboard([], title="bell\x07")).findtext("work/work-title") == "bell\\x07"


def test_music21_reads_what_is_more_than_notes(keyboard):
    import music21

    score = keyboard(
        [(0, 72, 4), (4, 76, 4)],
        [(0, 48, 4), (4, 43, 4)],
        marks=(Mark(0, "A"), Mark(4 * Q, "B")),
        keys=((0, parse_key("C major")), (4 * Q, parse_key("G major"))),
        dynamics=(Dynamic(4 * Q, "pp"),),
    )
    stream = read(score)
    assert stream.metadata.title == "A small piece"
    marks = stream.flatten().getElementsByClass(music21.expressions.RehearsalMark)
    assert [(mark.content, mark.offset) for mark in marks] == [("A", 0.0), ("B", 4.0)]
    keys = {(k.offset, k.sharps) for k in stream.flatten().getElementsByClass(music21.key.KeySignature)}
    assert keys == {(0.0, 0), (4.0, 1)}
    assert [d.offset for d in stream.flatten().getElementsByClass(music21.dynamics.Dynamic)] == [4.0]


def test_the_same_score_gives_the_same_bytes(keyboard, tmp_path):
    score = keyboard([(0, 72, 1), (1, 73, 5)], [(0, 48, 8)])
    assert musicxml_bytes(score) == musicxml_bytes(replace(score))
    assert mxl_bytes(score) == mxl_bytes(score)
    write_musicxml(score, tmp_path / "a.musicxml")
    assert (tmp_path / "a.musicxml").read_bytes() == musicxml_bytes(score)


def test_a_compressed_file_holds_the_plain_one(keyboard, tmp_path):
    score = keyboard([(0, 72, 1)])
    write_musicxml(score, tmp_path / "a.mxl")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.mxl").read_bytes())) as archive:
        assert archive.namelist()[0] == "META-INF/container.xml"
        assert archive.read("score.musicxml") == musicxml_bytes(score)


@settings(max_examples=30)
@given(st.data())
def test_any_piece_reads_back_note_for_note(data):
    meter = data.draw(st.sampled_from([Meter(4, 4), Meter(3, 4), Meter(6, 8)]))
    bars = make_bars(meter, 3, pickup_tick=data.draw(st.sampled_from([0, Q])))
    end_tick = bars[-1].end_tick
    grid = data.draw(st.sampled_from([Q // 4, Q // 2, Q // 3]))
    places = st.integers(0, end_tick // grid - 1).map(lambda n: n * grid)
    drawn = data.draw(
        st.lists(
            st.tuples(places, st.integers(36, 84), st.integers(1, 20), st.sampled_from([1, 2])),
            max_size=20,
            unique_by=lambda row: row[1],  # a pitch once: ties are joined by pitch above
        )
    )
    notes = [
        Note(onset, pitch, min(length * grid, end_tick - onset), staff=staff) for onset, pitch, length, staff in drawn
    ]
    score = Score((Part("Piano", sort_notes(notes), 0, 2),), bars)
    stream = read(score)
    assert sounding(stream) == expected(score)
    for part in stream.parts:
        for measure, bar in zip(part.getElementsByClass("Measure"), bars, strict=True):
            assert all(v.duration.quarterLength * Q == bar.duration_tick for v in measure.voices or [measure])


def test_a_player_s_part_counts_its_rests_and_a_score_does_not():
    notes = (Note(0, 72, 4 * Q), Note(24 * Q, 74, 4 * Q))
    violin, viola = Part("Violin", notes, 40), Part("Viola", (Note(0, 60, 28 * Q),), 41)
    score = Score((violin,), make_bars(Meter(4, 4), 7), marks=(Mark(0, "A"), Mark(12 * Q, "B")))
    found = [measure.findtext(".//multiple-rest") for measure in tree(score).iter("measure")]
    assert found == [None, "2", None, None, "2", None, None]
    assert tree(replace(score, parts=(violin, viola))).find(".//multiple-rest") is None
