from dataclasses import replace

from composer.analysis.outline import ensemble_of, outline_of
from composer.outline import TempoSpan
from composer.score import Dynamic, Part, Score, TempoMark, make_bars
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def test_an_outline_holds_everything(hymn):
    marked = replace(
        hymn,
        tempos=(TempoMark(0, 80.0), TempoMark(8 * Q, 60.0)),
        dynamics=(Dynamic(0, "p"), Dynamic(4 * Q, "cresc", 8 * Q), Dynamic(8 * Q, "f")),
    )
    outline = outline_of(marked)
    assert outline.ensemble == "chorale"
    assert outline.bars == hymn.bars
    assert outline.tempos == (TempoSpan(0, 8 * Q, 80.0), TempoSpan(8 * Q, 16 * Q, 60.0))
    assert [(span.level, span.shape) for span in outline.dynamics] == [("p", "cresc"), ("f", "flat")]
    for spans in (outline.keys, outline.chords, outline.phrases, outline.sections, outline.textures):
        assert spans[0].start_tick == 0
        assert spans[-1].end_tick == hymn.end_tick


def test_the_same_score_has_the_same_outline(hymn):
    assert outline_of(hymn) == outline_of(hymn)


def test_a_stated_ensemble_is_kept(hymn):
    assert outline_of(hymn, ensemble="organ").ensemble == "organ"


def test_ensembles_are_told_by_names_programs_and_parts(hymn, keyboard, voices):
    unnamed = replace(hymn, parts=tuple(replace(part, name="") for part in hymn.parts))
    strings = replace(hymn, parts=tuple(replace(part, name="", program=40) for part in hymn.parts))
    piano = keyboard("C5 D5", "C3:2")
    assert ensemble_of(unnamed) == "chorale"
    assert ensemble_of(strings) == "quartet"
    assert ensemble_of(piano) == "keyboard"
    assert ensemble_of(voices("C5 D5", names=("Flute",))) == "line"
    assert ensemble_of(replace(piano, parts=(*piano.parts, Part("Pedal", piano.parts[0].notes[:1])))) == "organ"
    sung = replace(piano, parts=(voices("E5 F5").parts[0], *piano.parts))
    assert ensemble_of(sung) == "song"


def test_an_empty_score_has_an_empty_outline():
    outline = outline_of(Score((Part("Piano", ()),), make_bars(Meter(4, 4), 2)))
    assert (outline.keys, outline.chords, outline.phrases, outline.sections) == ((), (), (), ())
