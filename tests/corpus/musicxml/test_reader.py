"""MusicXML as a musician reads it."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.corpus import read_bytes, unfold_repeats
from composer.errors import MusicFileError
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter
from composer.theory.pitch import Spelling

STOP = "<tie type='stop'/>"
START = "<tie type='start'/>"


def read(data: bytes):
    return read_bytes(data, "test.musicxml")


def test_a_sound_score_needs_no_mending(musicxml, note):
    result = read(musicxml([note("C4", 16), note("D4", 16)]))
    assert result.mended == ()
    assert [(n.onset_tick, n.pitch, n.duration_tick) for n in result.score.parts[0].notes] == [
        (0, 60, 4 * Q),
        (4 * Q, 62, 4 * Q),
    ]


def test_a_tied_note_is_one_note(musicxml, note):
    score = read(
        musicxml([note("C4", 16, more=START), note("C4", 16, more=STOP + START), note("C4", 8, more=STOP)])
    ).score
    assert [(n.onset_tick, n.duration_tick) for n in score.parts[0].notes] == [(0, 10 * Q)]


def test_a_tie_without_a_beginning_is_struck_and_listed(musicxml, note):
    result = read(musicxml([note("C4", 16), note("D4", 16, more=STOP)]))
    assert len(result.score.parts[0].notes) == 2
    assert "1 ties without a beginning" in result.mended[0]


def test_chord_notes_begin_together(musicxml, note):
    measure = note("C4", 8) + note("E4", 8, before="<chord/>") + note("G4", 8)
    notes = read(musicxml([measure])).score.parts[0].notes
    assert [(n.onset_tick, n.pitch) for n in notes] == [(0, 60), (0, 64), (2 * Q, 67)]


def test_a_slur_on_a_pedal_staff_is_in_the_part_that_the_staff_became(musicxml, note):
    slur = "<notations><slur type='{}' number='1'/></notations>"
    back = "<backup><duration>16</duration></backup>"
    pedal = note("C2", 8, voice=9, staff=4, more=slur.format("start"))
    pedal += note("D2", 8, voice=9, staff=4, more=slur.format("stop"))
    score = read(musicxml([note("C5", 16) + back + pedal])).score  # staff 3 is empty
    assert [part.name.split(", ")[-1] for part in score.parts][1:] == ["staff 4"]
    assert [(slur.part, slur.staff) for slur in score.slurs] == [(1, 1)]
    alone = read(musicxml([pedal])).score
    assert len(alone.parts) == 1
    assert [slur.part for slur in alone.slurs] == [0]


def test_two_staves_with_backup_are_two_hands(musicxml, note):
    measure = note("C5", 16) + "<backup><duration>16</duration></backup>" + note("C3", 16, voice=5, staff=2)
    part = read(musicxml([measure])).score.parts[0]
    assert part.staves == 2
    assert [(n.pitch, n.staff, n.voice) for n in part.notes] == [(48, 2, 1), (72, 1, 1)]


def test_a_third_staff_is_a_part_of_its_own(musicxml, note):
    back = "<backup><duration>16</duration></backup>"
    measure = note("C5", 16) + back + note("C4", 16, voice=5, staff=2) + back + note("C2", 16, voice=9, staff=3)
    score = read(musicxml([measure])).score
    assert [(part.staves, len(part.notes)) for part in score.parts] == [(2, 2), (1, 1)]


def test_spelling_is_kept(musicxml, note):
    notes = read(musicxml([note("F#4", 8) + note("Gb4", 8)])).score.parts[0].notes
    assert [n.spelling for n in notes] == [Spelling("F", 1, 4), Spelling("G", -1, 4)]
    assert {n.pitch for n in notes} == {66}


def test_a_transposing_instrument_sounds_where_it_sounds(musicxml, note):
    clarinet = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    assert read(musicxml([note("D4", 16)], first=clarinet)).score.parts[0].notes[0].pitch == 60


def test_a_short_first_bar_is_a_pickup(musicxml, note):
    score = read(musicxml([note("G4", 4), note("C5", 16), note("C5", 12)])).score
    assert [(bar.number, bar.duration_tick // Q) for bar in score.bars] == [(0, 1), (1, 4), (2, 3)]
    assert score.bars[0].lead_tick == 3 * Q
    assert score.strength_at(0) < score.strength_at(Q) == 4


def test_two_halves_of_a_bar_become_one(musicxml, note):
    score = read(musicxml([note("G4", 4), note("C5", 16), note("C5", 12), note("G4", 4), note("C5", 16)])).score
    assert [(bar.number, bar.duration_tick // Q) for bar in score.bars] == [(0, 1), (1, 4), (2, 4), (3, 4)]


def test_a_part_that_is_too_short_is_filled_and_listed_with_its_bar(musicxml, note):
    result = read(
        musicxml([note("C5", 16), note("D5", 16), note("E5", 16)], [note("C4", 16), note("B3", 12), note("C4", 16)])
    )
    assert any("bar 2" in line and "1 quarters too short" in line for line in result.mended)
    assert [n.onset_tick for n in result.score.parts[1].notes] == [0, 4 * Q, 8 * Q]


def test_a_part_that_is_too_long_does_not_push_the_others(musicxml, note):
    result = read(
        musicxml([note("C5", 16), note("D5", 20), note("E5", 16)], [note("C4", 16), note("B3", 16), note("C4", 16)])
    )
    assert any("bar 2" in line and "too long" in line for line in result.mended)
    assert [(n.onset_tick, n.end_tick) for n in result.score.parts[0].notes] == [
        (0, 4 * Q),
        (4 * Q, 8 * Q),
        (8 * Q, 12 * Q),
    ]


def test_fermatas_are_on_the_note_and_on_the_timeline(musicxml, note):
    score = read(musicxml([note("C5", 8) + note("B4", 8, more="<notations><fermata/></notations>")])).score
    assert score.fermata_ticks == (2 * Q,)
    assert score.parts[0].notes[1].articulations == ("fermata",)


def test_grace_notes_have_no_length_and_precede_their_note(musicxml, note):
    notes = read(musicxml([note("D5", 0, before="<grace/>") + note("C5", 16)])).score.parts[0].notes
    assert [(n.is_grace, n.onset_tick, n.duration_tick) for n in notes if n.is_grace] == [(True, 0, 0)]
    assert [n.duration_tick for n in notes if not n.is_grace] == [4 * Q]


def test_meter_changes_are_followed(musicxml, note):
    change = "<attributes><time><beats>6</beats><beat-type>8</beat-type></time></attributes>"
    score = read(musicxml([note("C5", 16), change + note("C5", 12), note("C5", 12)])).score
    assert [str(bar.meter) for bar in score.bars] == ["4/4", "6/8", "6/8"]
    assert score.bars[2].onset_tick == 7 * Q


def test_an_unnamed_mode_is_told_from_the_notes(musicxml, note):
    minor = [note("A4", 4) + note("B4", 4) + note("G#4", 4) + note("E4", 4), note("A3", 16)]
    major = [note("C4", 4) + note("E4", 4) + note("G4", 4) + note("B4", 4), note("C4", 16)]
    assert str(read(musicxml(minor)).score.keys[0][1]) == "A minor"
    assert str(read(musicxml(major)).score.keys[0][1]) == "C major"


def test_tempo_counts_the_beat_of_the_meter(musicxml, note):
    tempo = '<direction><direction-type><words>Allegro</words></direction-type><sound tempo="90"/></direction>'
    (mark,) = read(musicxml([tempo + note("C5", 12)], meter="6/8")).score.tempos
    assert (mark.beat_bpm, mark.text) == (60, "Allegro")  # 90 quarters a minute are 60 dotted quarters


def test_dynamics_hairpins_slurs_and_rehearsal_marks(musicxml, note):
    def direction(inner: str) -> str:
        return f"<direction><direction-type>{inner}</direction-type></direction>"

    measure = direction("<dynamics><p/></dynamics>") + direction('<wedge type="crescendo"/>')
    measure += direction("<rehearsal>A</rehearsal>") + note("C5", 8, more='<notations><slur type="start"/></notations>')
    measure += direction('<wedge type="stop"/>') + note("D5", 8, more='<notations><slur type="stop"/></notations>')
    score = read(musicxml([measure])).score
    assert [(d.tick, d.level, d.end_tick) for d in score.dynamics] == [(0, "p", None), (0, "cresc", 2 * Q)]
    assert [(m.tick, m.text) for m in score.marks] == [(0, "A")]
    assert [(s.onset_tick, s.end_tick) for s in score.slurs] == [(0, 2 * Q)]


def barline(where: str, inner: str) -> str:
    return f'<barline location="{where}">{inner}</barline>'


def test_a_repeat_is_kept_and_unfolds_on_request(musicxml, note):
    back = barline("right", '<repeat direction="backward"/>')
    score = read(musicxml([note("C5", 16), note("D5", 16) + back, note("E5", 16)])).score
    assert [(r.start_tick, r.end_tick, r.times) for r in score.repeats] == [(0, 8 * Q, 2)]
    unfolded = unfold_repeats(score)
    assert [n.pitch for n in unfolded.parts[0].notes] == [72, 74, 72, 74, 76]
    assert [bar.number for bar in unfolded.bars] == [1, 2, 3, 4, 5]
    assert unfolded.repeats == ()


def test_first_and_second_endings(musicxml, note):
    first = barline("left", '<ending number="1" type="start"/>') + note("D5", 16)
    first += barline("right", '<ending number="1" type="stop"/><repeat direction="backward"/>')
    second = barline("left", '<ending number="2" type="start"/>') + note("E5", 16)
    second += barline("right", '<ending number="2" type="discontinue"/>')
    score = read(musicxml([note("C5", 16), first, second, note("F5", 16)])).score
    (repeat,) = score.repeats
    assert repeat.endings == ((4 * Q, 8 * Q, (1,)), (8 * Q, 12 * Q, (2,)))
    assert [n.pitch for n in unfold_repeats(score).parts[0].notes] == [72, 74, 72, 76, 77]


def test_an_unfolded_pickup_completes_the_bar_before_it(musicxml, note):
    back = barline("right", '<repeat direction="backward"/>')
    score = read(musicxml([note("G4", 4), note("C5", 16), note("C5", 12) + back])).score
    unfolded = unfold_repeats(score)
    assert [(bar.number, bar.duration_tick // Q) for bar in unfolded.bars] == [(0, 1), (1, 4), (2, 4), (3, 4), (4, 3)]


def test_irregular_meters_add_up(musicxml, note):
    score = read(musicxml([note("C5", 10)], meter="3+2/8")).score
    assert score.bars[0].meter == Meter(5, 8)


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("<note><pitch><step>H</step><octave>4</octave></pitch><duration>4</duration></note>", "<step>H</step>"),
        ("<note><pitch><step>C</step><octave>999</octave></pitch><duration>4</duration></note>", "<octave>999"),
        ("<note><pitch><step>C</step><octave>4</octave></pitch><duration>NaN</duration></note>", "<duration>NaN"),
        ("<note><pitch><step>C</step><octave>4</octave></pitch><duration>1e400</duration></note>", "<duration>1e400"),
        ("<attributes><divisions>0</divisions></attributes>", "<divisions>0</divisions>"),
        ("<attributes><time><beats>4</beats><beat-type>3</beat-type></time></attributes>", "4/3"),
        (
            "<attributes><time><beats>1000000000</beats><beat-type>4</beat-type></time></attributes>",
            "<beats>1000000000",
        ),
    ],
)
def test_what_cannot_be_music_is_refused_with_its_line(musicxml, note, measure, said):
    with pytest.raises(MusicFileError) as caught:
        read(musicxml([note("C4", 16), measure]))
    assert said in str(caught.value)
    assert caught.value.problems[0].place.line == 5
    assert "bar 2" in str(caught.value)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_ends_in_a_score_or_in_one_error_of_ours(musicxml, note, data):
    text = musicxml(
        [note("G4", 4), note("C5", 8, more=START) + note("C5", 8, more=STOP), note("E5", 12)],
        [note("C4", 4), note("C4", 16) + "<backup><duration>16</duration></backup>" + note("E3", 16, staff=2), ""],
    ).decode()
    values = [match.span(1) for match in re.finditer(r">([^<>\s]+)<", text)]
    elements = [match.span() for match in re.finditer(r"<(\w+)>[^<>]*</\1>", text)]
    for _ in range(data.draw(st.integers(1, 3))):
        if data.draw(st.booleans()):
            start, end = data.draw(st.sampled_from(values))
            text = (
                text[:start]
                + data.draw(st.sampled_from(["0", "-1", "1e9", "NaN", "", "x", "3+2", "0.5", "99"]))
                + text[end:]
            )
        else:
            start, end = data.draw(st.sampled_from(elements))
            text = text[:start] + text[end:]
        values = [span for span in values if span[1] < start]
        elements = [span for span in elements if span[1] < start]
        if not (values and elements):
            break
    try:
        score = read(text.encode()).score
    except MusicFileError:
        return
    assert score.bars[0].onset_tick == 0
    assert all(one.end_tick == other.onset_tick for one, other in itertools.pairwise(score.bars))
    assert all(note.onset_tick >= 0 for part in score.parts for note in part.notes)


def test_a_voice_in_4_4_against_12_8_keeps_its_beats_together(musicxml, note):
    own = "<attributes><time><beats>12</beats><beat-type>8</beat-type></time></attributes>"
    tune, figure = "".join(note("C5", 4) for _ in range(4)), own + "".join(note("C3", 2) for _ in range(12))
    result = read(musicxml([tune], [figure]))
    assert [n.onset_tick for n in result.score.parts[0].notes] == [0, 3 * Q // 2, 3 * Q, 9 * Q // 2]
    assert str(result.score.bars[0].meter) == "12/8"
    assert "4/4 against 12/8" in result.mended[0]


# ---------------------------------------------------------------- what else stands on the page


def notations(inner: str) -> str:
    return f"<notations>{inner}</notations>"


def direction(inner: str, sound: str = "") -> str:
    return f"<direction><direction-type>{inner}</direction-type>{sound}</direction>"


def test_the_signs_of_a_chord_are_those_of_all_its_notes_but_an_ornament_is_of_one(musicxml, note):
    signs = notations("<articulations><staccato/></articulations><ornaments><trill-mark/></ornaments>")
    measure = note("C4", 16, more=signs) + note("E4", 16, before="<chord/>")
    notes = read(musicxml([measure])).score.parts[0].notes
    assert [n.articulations for n in notes] == [("staccato", "trill"), ("staccato",)]


def test_a_note_of_a_chord_that_is_only_held_on_is_not_struck_again(musicxml, note):
    accent = notations("<articulations><accent/></articulations>")
    first = note("C4", 16, more=START) + note("E4", 16, before="<chord/>")
    second = note("C4", 16, more=STOP + accent) + note("F4", 16, before="<chord/>")
    notes = read(musicxml([first, second])).score.parts[0].notes
    assert [(n.pitch, n.articulations) for n in notes] == [(60, ()), (64, ()), (65, ("accent",))]


def test_two_voices_may_tie_the_same_pitch_at_once(musicxml, note):
    back = "<backup><duration>16</duration></backup>"
    first = note("C4", 16, more=START) + back + note("C4", 16, more=START, voice=2)
    second = note("C4", 16, more=STOP) + back + note("C4", 16, more=STOP, voice=2)
    result = read(musicxml([first, second]))
    assert [(n.voice, n.duration_tick) for n in result.score.parts[0].notes] == [(1, 8 * Q), (2, 8 * Q)]
    assert result.mended == ()


def test_a_broken_chord_may_be_tied_to_the_chord_that_it_builds(musicxml, note):
    tied = "".join(note(name, 4, more=START) for name in ("C4", "E4"))
    chord = note("C4", 8, more=STOP) + note("E4", 8, before="<chord/>", more=STOP)
    notes = read(musicxml([tied + chord])).score.parts[0].notes
    assert [(n.pitch, n.onset_tick, n.end_tick) for n in notes] == [(60, 0, 4 * Q), (64, Q, 4 * Q)]


def test_grace_notes_keep_their_order_and_their_stroke(musicxml, note):
    graces = note("E5", 0, before="<grace slash='yes'/>") + note("C5", 0, before="<grace/>")
    notes = read(musicxml([graces + note("D5", 16)])).score.parts[0].notes
    assert [(n.pitch, n.articulations) for n in notes] == [(76, ()), (72, ("appoggiatura",)), (74, ())]


def test_slurs_are_paired_in_the_order_of_the_file(musicxml, note):
    def slur(kind: str) -> str:
        return notations(f"<slur type='{kind}' number='1'/>")

    upper = note("C5", 8, more=slur("start")) + note("D5", 8, more=slur("stop"))
    lower = note("C4", 4, voice=2, more=slur("start")) + note("D4", 12, voice=2, more=slur("stop"))
    slurs = read(musicxml([upper + "<backup><duration>16</duration></backup>" + lower])).score.slurs
    assert [(one.onset_tick, one.end_tick, one.voice) for one in slurs] == [(0, 2 * Q, 1), (0, Q, 2)]


def test_words_with_dashes_are_a_hairpin(musicxml, note):
    start = (
        "<direction><direction-type><words>cresc.</words></direction-type>"
        "<direction-type><dashes type='start' number='1'/></direction-type></direction>"
    )
    measure = start + note("C4", 8) + direction("<dashes type='stop' number='1'/>") + note("C4", 8)
    (found,) = read(musicxml([measure])).score.dynamics
    assert (found.tick, found.level, found.end_tick) == (0, "cresc", 2 * Q)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (direction("<words>dolce</words>"), "1 directions in words left out"),
        (direction("<pedal type='start'/>"), "1 directions (pedal) left out"),
        (direction("<dynamics><other-dynamics>sempre</other-dynamics></dynamics>"), "1 dynamics in words left out"),
        (direction("<wedge type='crescendo'/>"), "1 hairpins without an end left out"),
        ("<harmony/>", "1 chord symbols left out"),
        ("<barline location='right'><fermata/></barline>", "1 fermatas over bar lines left out"),
    ],
)
def test_what_a_score_has_no_place_for_is_told(musicxml, note, text, said):
    assert said in read(musicxml([text + note("C4", 16)])).mended


def test_what_a_note_has_no_place_for_is_told_once_for_all_notes(musicxml, note):
    sung = "<lyric><text>la</text></lyric>"
    lines = read(musicxml([note("C4", 8, more=sung) + note("D4", 8, more=sung)])).mended
    assert lines == ("2 syllables of a text left out",)


def test_a_transposed_note_is_spelled_where_it_sounds(musicxml, note):
    transpose = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    result = read(musicxml([note("D4", 16)], fifths=2, first=transpose))
    assert [str(n.spelling) for n in result.score.parts[0].notes] == ["C4"]
    assert result.score.keys[0][1].signature == 0


def test_a_short_bar_that_two_voices_fill_alike_is_meant_so(musicxml, note):
    back = "<backup><duration>12</duration></backup>"
    short = note("C4", 12) + back + note("E3", 12, voice=2)
    result = read(musicxml([note("C4", 16), short, note("C4", 16)]))
    assert [bar.duration_tick // Q for bar in result.score.bars] == [4, 3, 4]
    assert "too short" in result.mended[0]


def test_an_excerpt_keeps_its_printed_numbers(musicxml, note):
    text = musicxml([note("C4", 16), note("D4", 16)]).replace(b'number="1"', b'number="45"')
    text = text.replace(b'number="2"', b'number="46"')
    assert [bar.number for bar in read(text).score.bars] == [45, 46]


def test_a_song_of_a_set_has_both_titles(musicxml, note):
    text = musicxml([note("C4", 16)]).replace(
        b"<part-list>",
        b"<work><work-title>Winterreise</work-title></work><movement-title>Gute Nacht</movement-title><part-list>",
    )
    assert read(text).score.title == "Winterreise: Gute Nacht"


def test_repeats_do_not_reach_over_the_beginning_of_a_movement(musicxml, note):
    closing = "<barline location='right'><repeat direction='backward'/></barline>"
    text = musicxml([note("C4", 16), note("D4", 16), note("E4", 16), note("F4", 16) + closing])
    text = text.replace(b'number="3"', b'number="1"').replace(b'number="4"', b'number="2"')
    (repeat,) = read(text).score.repeats
    assert (repeat.start_tick, repeat.end_tick) == (8 * Q, 16 * Q)


def test_a_minuet_comes_again_after_its_trio_where_repeats_are_written_out(musicxml, note):
    fine, again = (
        direction("<words>Fine</words>", "<sound fine='yes'/>"),
        direction("<words>D.C.</words>", "<sound dacapo='yes'/>"),
    )
    page = musicxml([note("C4", 16) + fine, note("D4", 16) + again])
    written, played = read_bytes(page, "x"), read_bytes(page, "x", unfold=True)
    assert [n.pitch for n in written.score.parts[0].notes] == [60, 62]
    assert [n.pitch for n in played.score.parts[0].notes] == [60, 62, 60]
    assert "a da capo or dal segno is followed where repeats are written out" in written.mended


def test_a_repeat_that_is_not_closed_is_told(musicxml, note):
    opening = "<barline location='left'><repeat direction='forward'/></barline>"
    result = read(musicxml([note("C4", 16), opening + note("D4", 16)]))
    assert (result.score.repeats, result.mended) == ((), ("1 repeats that are not closed were left out",))


def test_one_ending_may_serve_two_times(musicxml, note):
    def ending(kind: str, number: str) -> str:
        return f'<ending number="{number}" type="{kind}"/>'

    measures = [
        note("C4", 16),
        barline("left", ending("start", "1, 2")) + note("D4", 16)
        + barline("right", ending("stop", "1, 2") + '<repeat direction="backward"/>'),
        barline("left", ending("start", "3")) + note("E4", 16) + barline("right", ending("stop", "3")),
    ]  # fmt: skip
    played = read_bytes(musicxml(measures), "x", unfold=True).score
    assert [n.pitch for n in played.parts[0].notes] == [60, 62, 60, 62, 60, 64]


def test_divisions_may_change_within_a_piece(musicxml, note):
    change = "<attributes><divisions>6</divisions></attributes>"
    notes = read(musicxml([note("C4", 16), change + note("D4", 24)])).score.parts[0].notes
    assert [(n.onset_tick, n.duration_tick) for n in notes] == [(0, 4 * Q), (4 * Q, 4 * Q)]


def test_a_score_by_measures_is_the_same_score(musicxml, note):
    parts = [[note("C5", 16), note("D5", 16)], [note("C3", 16), note("G3", 16)]]
    by_part = musicxml(*parts).decode()
    measures = re.findall(r'<measure number="\d">(.*?)</measure>', by_part, re.S)
    head = by_part.split("<part id")[0].replace("score-partwise", "score-timewise")
    rows = "".join(
        f'<measure number="{i + 1}"><part id="P0">{measures[i]}</part><part id="P1">{measures[i + 2]}</part></measure>'
        for i in range(2)
    )
    assert read((head + rows + "</score-timewise>").encode()).score == read(by_part.encode()).score


def test_bars_under_a_multiple_rest_are_there(musicxml, note):
    rest = "<note><rest measure='yes'/><duration>16</duration></note>"
    style = "<attributes><measure-style><multiple-rest>2</multiple-rest></measure-style></attributes>"
    result = read(musicxml([style + rest, rest, note("C4", 16)]))
    assert (len(result.score.bars), result.score.parts[0].notes[0].onset_tick, result.mended) == (3, 8 * Q, ())


def test_cue_notes_and_drums_are_told(musicxml, note):
    drum = "<note><unpitched/><duration>8</duration></note>"
    result = read(musicxml([note("C4", 4) + note("D4", 4, before="<cue/>") + drum]))
    assert [n.pitch for n in result.score.parts[0].notes] == [60]
    assert result.mended == ("1 cue notes left out", "1 notes without pitch left out")


@pytest.mark.parametrize(("first", "passes"), [("1, 5", (1,)), ("11", (1,)), ("1, 2", (1, 2)), ("0, 1", (1,))])
def test_endings_count_only_times_that_come(musicxml, note, first, passes):
    closing = f'<ending number="{first}" type="stop"/><repeat direction="backward"/>'
    measures = [
        note("C4", 16),
        barline("left", f'<ending number="{first}" type="start"/>') + note("D4", 16) + barline("right", closing),
    ]
    (repeat,) = read(musicxml(measures)).score.repeats
    assert (repeat.times, repeat.endings) == (2, ((4 * Q, 8 * Q, passes),))
