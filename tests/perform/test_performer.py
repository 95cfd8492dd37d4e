import itertools
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from composer.errors import OptionError
from composer.outline import ChordSpan, DynamicSpan, Outline, PhraseSpan, SectionSpan, TempoSpan
from composer.perform import PLAYERS, adjusted, perform, seconds_at
from composer.perform.ornaments import with_ornaments
from composer.perform.performer import within_the_hand
from composer.perform.rules import RULES
from composer.score import Dynamic, Note, Part, Score, Slur, TempoMark, make_bars, sort_notes
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
BAR = 4 * Q
SIGNS = ("staccato", "tenuto", "accent", "fermata", "trill", "turn", "mordent", "arpeggio", "staccatissimo")


@st.composite
def pieces(draw):
    """Any score a reader may hand over, sense or nonsense, and an outline of random spans."""
    meter = draw(st.sampled_from([Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(2, 2)]))
    pickup = draw(st.sampled_from([0, Q // 2, Q]))
    bars = make_bars(meter, draw(st.integers(1, 6)), pickup_tick=pickup)
    end = bars[-1].end_tick
    tick = st.one_of(st.integers(0, 4 * end // Q).map(lambda step: step * Q // 4), st.integers(0, end))
    note = st.builds(
        lambda onset, pitch, length, staff, is_grace, signs: Note(
            onset, pitch, 0 if is_grace else length, staff, 1, None, is_grace, tuple(signs)
        ),
        tick,
        st.integers(0, 127),
        st.one_of(st.sampled_from([Q // 4, Q // 2, Q, BAR]), st.integers(1, 2 * BAR)),
        st.sampled_from([1, 2]),
        st.sampled_from([False] * 7 + [True]),
        st.lists(st.sampled_from(SIGNS), max_size=2),
    )
    # Few pitches at times, so that keys are struck again while they are down.
    low = draw(st.sampled_from([None, 60]))
    parts = tuple(
        Part(
            f"Part {index}",
            sort_notes(
                n if low is None else replace(n, pitch=low + n.pitch % 3) for n in draw(st.lists(note, max_size=25))
            ),
            draw(st.sampled_from([0, 19, 40])),
            2,
        )
        for index in range(draw(st.integers(1, 2)))
    )
    ticks = st.lists(tick, max_size=3).map(sorted)
    score = Score(
        parts,
        bars,
        tempos=tuple(TempoMark(t, draw(st.floats(20, 300))) for t in draw(ticks)),
        dynamics=tuple(
            Dynamic(t, *draw(st.sampled_from([("pp", None), ("ff", None), ("sf", None), ("cresc", t + BAR)])))
            for t in draw(ticks)
        ),
        slurs=tuple(Slur(t, t + 2 * Q) for t in draw(ticks)),
        fermata_ticks=tuple(draw(ticks)),
    )
    spans = list(itertools.pairwise(sorted({0, end, *draw(st.lists(tick, max_size=3))})))
    spans = [(start, stop) for start, stop in spans if start < stop]
    outline = Outline(
        bars,
        chords=tuple(
            ChordSpan(*span, parse_chord(draw(st.sampled_from(["I", "V7", "ii"])), "major"), Key(0, "major"))
            for span in spans
        ),
        phrases=tuple(PhraseSpan(*span, draw(st.sampled_from([None, *Cadence]))) for span in spans),
        sections=tuple(SectionSpan(*span, f"S{index}", "A") for index, span in enumerate(spans)),
        dynamics=tuple(DynamicSpan(*span, "p", draw(st.sampled_from(["flat", "arch", "cresc"]))) for span in spans[:1]),
        tempos=tuple(TempoSpan(*span, 90.0) for span in spans[1:2]),
    )
    return score, outline


# Every rule at once, stronger than anybody plays: what no preset does has to be playable too.
EVERYTHING = adjusted(PLAYERS["chopin"], dict.fromkeys(RULES, 2.0), name="everything")


@given(
    pieces(),
    st.sampled_from([*sorted(PLAYERS), "everything"]),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.5, 1.0, 4.0]),
)
@settings(max_examples=80)
def test_whatever_is_played_can_be_played(piece, player, take, expression):
    score, outline = piece
    player = PLAYERS.get(player, EVERYTHING)
    performance = perform(score, outline, player=player, take=take, expression=expression)
    by_key = defaultdict(list)
    for played in performance.notes:
        assert 1 <= played.velocity <= 127
        assert played.onset_sec >= 0
        assert played.duration_sec > 0
        by_key[played.part, played.note.pitch].append(played)
    for strokes in by_key.values():
        for one, other in itertools.pairwise(strokes):
            assert one.onset_sec + one.duration_sec <= other.onset_sec + 1e-9
    # Every key of the score is struck once, with its ornaments played out.
    speed, from_above = player.ornament_notes_per_sec, player.trills_from_above > 0
    heard = with_ornaments(score, outline, notes_per_sec=speed, trills_from_above=from_above) if expression else score
    wanted = {(p, n.onset_tick, n.pitch, n.is_grace) for p, n in heard.notes()}
    assert performance.score is score
    assert {(r.part, r.note.onset_tick, r.note.pitch, r.note.is_grace) for r in performance.notes} == wanted
    assert len(performance.notes) == len(wanted)
    curve = performance.tempo_curve
    assert (curve[0].tick, curve[0].onset_sec) == (0, 0.0)
    assert all(one.tick < other.tick for one, other in itertools.pairwise(curve))
    for part in range(len(score.parts)):
        presses = [event for event in performance.pedal if event.part == part]
        assert not presses or score.parts[part].program == 0
        assert [event.is_down for event in presses] == [True, False] * (len(presses) // 2)
    assert [event.time_sec for event in performance.pedal] == sorted(event.time_sec for event in performance.pedal)


@given(pieces(), st.sampled_from(sorted(PLAYERS)))
@settings(max_examples=30)
def test_deadpan_is_exactly_the_score(piece, player):
    score, outline = piece
    whole = tuple(replace(part, notes=tuple(note for note in part.notes if not note.is_grace)) for part in score.parts)
    score = replace(score, parts=whole)
    performance = perform(score, outline, player=player, take=5, expression=0)
    assert {played.velocity for played in performance.notes} <= {64}
    assert performance.pedal == ()
    assume(not too_close(performance.notes))
    marks = [(mark.tick, mark.beat_bpm) for mark in score.tempos]
    expected = seconds_by_hand(score, outline, marks)
    following = {}
    for played in sorted(performance.notes, key=lambda row: -row.note.onset_tick):
        key = (played.part, played.note.pitch)
        end = min(played.note.end_tick, following.get(key, played.note.end_tick))
        following[key] = played.note.onset_tick
        assert played.onset_sec == pytest.approx(expected(played.note.onset_tick), abs=1e-7)
        assert played.onset_sec + played.duration_sec == pytest.approx(expected(end), abs=1e-7)


def too_close(notes):
    """Strikes of one key within a few milliseconds are moved apart."""
    ticks = defaultdict(list)
    for played in notes:
        ticks[played.part, played.note.pitch].append(played.note.onset_tick)
    return any(0 < other - one < Q // 20 for row in ticks.values() for one, other in itertools.pairwise(sorted(row)))


def seconds_by_hand(score, outline, marks):
    """Add up the marked tempi tick by tick between changes."""
    edges = sorted(
        {0, *(tick for tick, _ in marks), *(t for span in outline.tempos for t in (span.start_tick, span.end_tick))}
    )

    def quarter_sec(tick):
        bpm = next((span.beat_bpm for span in outline.tempos if span.start_tick <= tick < span.end_tick), None)
        bpm = bpm or next((bpm for start, bpm in reversed(marks) if start <= tick), 96.0)
        return 60 / bpm / score.meter_at(tick).beat_quarters

    def at(tick):
        stops = [edge for edge in edges if edge < tick] + [tick]
        return (
            sum((stop - start) / Q * quarter_sec(start) for start, stop in itertools.pairwise(stops)) if tick else 0.0
        )

    return at


@pytest.mark.parametrize("player", sorted(PLAYERS))
def test_onsets_stay_near_the_tempo_curve(player, piano, tune, outlined):
    score = piano(tune(16), bars=16)
    for take in range(4):
        performance = perform(score, outlined(score), player=player, take=take)
        grid = seconds_at(performance.tempo_curve, [played.note.onset_tick for played in performance.notes])
        assert np.abs(grid - [played.onset_sec for played in performance.notes]).max() <= 0.0401


def test_the_same_take_is_the_same_performance_and_another_take_another(piano, tune, outlined):
    score = piano(tune(8))
    outline = outlined(score)
    assert perform(score, outline, take=3) == perform(score, outline, take=3)
    assert perform(score, outline, take=3).notes != perform(score, outline, take=4).notes


@pytest.mark.parametrize("player", ["baroque", "classical", "romantic"])
def test_two_takes_agree_as_a_pianist_with_a_written_repeat(player, piano, tune, outlined):
    score = piano(tune(32), bars=32)
    tempi, velocities = [], []
    for take in range(6):
        performance = perform(score, outlined(score), player=player, take=take)
        beats = seconds_at(performance.tempo_curve, np.arange(0, 32 * BAR, Q))
        tempi.append(np.log(np.diff(beats)))
        order = sorted(performance.notes, key=lambda row: (row.note.onset_tick, row.note.pitch))
        velocities.append([row.velocity for row in order])
    others = ~np.eye(6, dtype=bool)
    assert 0.85 < np.corrcoef(tempi)[others].mean() < 0.99
    assert 0.75 < np.corrcoef(velocities)[others].mean() < 0.95


def test_what_happens_in_one_section_leaves_the_playing_of_the_others_alone(piano, tune, outlined):
    # A B A' of eight bars; B is played a fifth higher, with twice as many notes.
    busy = [replace(note, duration_tick=Q // 2) for note in tune(8, start_bar=8, shift=7)]
    busy += [replace(note, onset_tick=note.onset_tick + Q // 2) for note in busy if note.pitch > 70]
    ends = (*tune(8), *tune(8, start_bar=16))
    one, other = piano([*ends, *tune(8, start_bar=8)], bars=24), piano([*ends, *busy], bars=24)
    results = []
    for score in (one, other):
        performance = perform(score, outlined(score), player="romantic")
        start_sec = seconds_at(performance.tempo_curve, 16 * BAR)
        results.append(
            [
                (
                    row.note,
                    row.velocity,
                    round(row.onset_sec - (start_sec if row.note.onset_tick >= 16 * BAR else 0), 6),
                )
                for row in sorted(performance.notes, key=lambda row: row.note)
                if not 8 * BAR <= row.note.onset_tick < 16 * BAR
            ]
        )
    assert results[0] == results[1]


def test_a_longer_middle_section_leaves_the_variation_of_the_next_one_alone(piano, tune):
    def played(middle_bars):
        bars, last = 8 + middle_bars, middle_bars + 4
        moved = [replace(note, onset_tick=note.onset_tick + last * BAR) for note in tune(4)]
        score = piano([*tune(last), *moved], bars=bars)
        spans = [(0, 4, "A"), (4, last, "B"), (last, bars, "A2")]
        outline = Outline(
            score.bars, sections=tuple(SectionSpan(a * BAR, b * BAR, name, name[0]) for a, b, name in spans)
        )
        notes = perform(score, outline, player="baroque").notes
        return [row.velocity for row in sorted(notes, key=lambda row: row.note) if row.note.onset_tick >= last * BAR]

    assert played(4) == played(6)


def test_parts_keep_together(outlined):
    upper = Part("Violin", tuple(Note(i * Q, 76, Q) for i in range(16)), 40)
    lower = Part("Cello", tuple(Note(i * Q, 48, Q) for i in range(16)), 42)
    score = Score((upper, lower), make_bars(Meter(4, 4), 4), tempos=(TempoMark(0, 120.0),))
    performance = perform(score, outlined(score), player="classical")
    onsets = defaultdict(dict)
    for row in performance.notes:
        onsets[row.note.onset_tick][row.part] = row.onset_sec
    assert max(abs(pair[0] - pair[1]) for pair in onsets.values()) < 0.08


def test_a_grace_note_comes_before_its_note(piano, outlined):
    score = piano([Note(0, 60, Q), Note(Q, 64, 0, is_grace=True), Note(Q, 65, Q), Note(2 * Q, 67, Q)], bars=1)
    for expression in (0, 1):
        notes = perform(score, outlined(score), expression=expression).notes
        grace, main = notes[1], notes[2]
        assert grace.note.is_grace
        assert 0.03 < main.onset_sec - grace.onset_sec < 0.11


def test_the_softest_note_is_still_a_note():
    asked = np.array([-40.0, 1.0, 20.0, 36.0, 64.0, 112.0, 125.0, 180.0])
    struck = within_the_hand(asked)
    assert struck[3:6].tolist() == [36, 64, 112]
    assert (np.diff(struck) > 0).all()
    assert struck[0] >= 12
    assert struck[1] > 16
    assert struck[-1] <= 127


def test_a_piece_of_no_notes_is_silence(outlined, piano):
    assert perform(piano([], bars=2), Outline(())).notes == ()
    assert perform(Score((), ()), Outline(())).notes == ()


def test_the_performer_needs_no_tensorflow():
    heavy = ("tensorflow", "keras", "music21", "mido")
    code = f"import sys, composer.perform; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"player": "barok"}, 'did you mean "baroque"'),
        ({"player": "xyzzy"}, "players: bach, haydn"),
        ({"take": -1}, "takes count from 0"),
        ({"expression": -0.5}, "0 is deadpan"),
        ({"expression": float("nan")}, "0 is deadpan"),
    ],
)
def test_impossible_options_say_what_would_be_right(options, words, piano, tune, outlined):
    score = piano(tune(4), bars=4)
    with pytest.raises(OptionError, match=words):
        perform(score, outlined(score), **options)


def test_a_tempo_of_nothing_is_refused(piano, tune, outlined):
    score = piano(tune(4), bars=4, tempos=(TempoMark(0, 0.0),))
    with pytest.raises(OptionError, match="a tempo is greater than 0"):
        perform(score, outlined(score))
