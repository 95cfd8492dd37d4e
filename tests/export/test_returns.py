"""What a section takes up from an earlier one, and how, is read from their notes."""

from composer.export.returns import theme_returns
from composer.outline import SectionSpan
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
TUNE = (72, 76, 79, 77)


def sections(*names):
    """Sections of a bar each, by the names of their themes."""
    return [SectionSpan(4 * Q * n, 4 * Q * (n + 1), f"S{n}", f"S{n}", theme=name) for n, name in enumerate(names)]


def bar(number, *, semitones=0, tune=TUNE):
    return [(4 * number + beat, pitch + semitones, 1) for beat, pitch in enumerate(tune)]


def test_a_transposed_return_is_told_in_semitones(keyboard):
    score = keyboard([*bar(0), *bar(1, semitones=7), *bar(2, semitones=-5)], bars=3)
    first, second = theme_returns(score, sections("a", "a", "a"))
    assert (first.earlier, first.later, first.words) == (0, 1, "+7")
    assert (second.earlier, second.words) == (1, "−12")


def test_the_same_notes_are_the_same_over_another_bass(keyboard):
    score = keyboard([*bar(0), *bar(1)], [(0, 48, 4), (4, 41, 2), (6, 43, 2)])
    assert [one.words for one in theme_returns(score, sections("a", "a"))] == ["same"]


def test_more_notes_between_the_old_ones_are_ornaments(keyboard):
    ornamented = [(4 + 0.5 * n, pitch, 0.5) for n, pitch in enumerate((74, 76, 78, 80, 81, 83, 79, 81))]
    ornamented = [(at, {4: 74, 5: 78, 6: 81, 7: 79}.get(at, pitch), length) for at, pitch, length in ornamented]
    (found,) = theme_returns(keyboard([*bar(0), *ornamented]), sections("a", "a"))
    assert found.words == "+2 ornamented"
    back = [(at - 4, pitch, length) for at, pitch, length in ornamented]
    assert theme_returns(keyboard([*back, *bar(1)]), sections("a", "a"))[0].words == "−2 plainer"


def test_one_changed_note_varies_it(keyboard):
    (found,) = theme_returns(keyboard([*bar(0), *bar(1, tune=(72, 76, 79, 74))]), sections("a", "a"))
    assert found.words == "varied"
    assert found.share == 0.75


def test_the_most_similar_statement_is_the_one_that_returns(keyboard):
    score = keyboard([*bar(0), *bar(1, tune=(60, 74, 61, 83)), *bar(2)], bars=3)
    unlike, alike = theme_returns(score, sections("a", "a", "a"))
    assert not unlike.is_heard
    assert unlike.words == ""
    assert (alike.earlier, alike.words) == (0, "same")


def test_themes_do_not_return_in_others_nor_in_silence(keyboard):
    assert theme_returns(keyboard([*bar(0), *bar(1)]), sections("a", "b")) == ()
    (silent,) = theme_returns(keyboard(bar(0)), sections("a", "a"))
    assert not silent.is_heard


def test_a_subject_that_enters_in_a_lower_voice_is_found_within(keyboard):
    subject = [(0.5 * n, pitch, 0.5) for n, pitch in enumerate((67, 69, 71, 72, 74, 71, 67, 66))]
    answer = [(at + 5, pitch - 17, length) for at, pitch, length in subject]
    minor = [(at, pitch - 1 if n in (2, 5) else pitch, length) for n, (at, pitch, length) in enumerate(answer)]
    above = [(4 + n, 80 + n, 1) for n in range(8)]
    spans = [SectionSpan(0, 4 * Q, "A", "Exposition", theme="subject")]
    spans.append(SectionSpan(4 * Q, 12 * Q, "B", "Entries", theme="subject"))
    for entry in (answer, minor):
        score = keyboard([*subject, *above], entry, bars=3)
        assert [one.words for one in theme_returns(score, spans)] == ["−17 within"]
    score = keyboard(
        [*subject, *above], [(at, pitch - n, length) for n, (at, pitch, length) in enumerate(answer)], bars=3
    )
    assert [one.words for one in theme_returns(score, spans)] == [""]
