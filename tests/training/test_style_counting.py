from pathlib import Path

import pytest

from composer.score import Bar, Note, Part, Score
from composer.style import Source, load_statistics
from composer.style_statistics import CadenceFormula, StyleStatistics
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter
from composer.training.recipes import StyleRecipe
from composer.training.style_counting import (
    StylePiece,
    is_plausible,
    texture_ensembles,
    without_slips,
    write_style_files,
)

BARS = 8


def piece(number: int, ensemble: str, *, notes: tuple[int, ...], source: int = 0) -> StylePiece:
    """Eight bars of four quarters, each a chord of `notes`."""
    meter = parse_meter("4/4")
    bar_ticks = 4 * TICKS_PER_QUARTER
    struck = tuple(
        Note(onset_tick=beat * TICKS_PER_QUARTER, duration_tick=TICKS_PER_QUARTER, pitch=pitch)
        for beat in range(4 * BARS)
        for pitch in sorted(notes)
    )
    bars = tuple(Bar(bar + 1, bar * bar_ticks, bar_ticks, meter) for bar in range(BARS))
    score = Score(parts=(Part("", struck),), bars=bars)
    return StylePiece(Path(f"{number}.mid"), "", score, ensemble, f"file/{number}", source)


def test_textures_are_those_of_the_styles_own_ensemble():
    assert texture_ensembles({"keyboard": 20, "quartet": 30}, "keyboard") == ("keyboard",)


def test_where_a_composer_wrote_little_for_it_the_nearest_is_counted_too():
    assert texture_ensembles({"keyboard": 1, "song": 82, "quartet": 3}, "keyboard") == ("keyboard", "song")
    assert texture_ensembles({"quartet": 30}, "keyboard") == ("quartet",)
    assert texture_ensembles({"line": 9}, "keyboard") == ("line",)


def test_harmony_comes_from_all_pieces_and_the_register_from_the_keyboard(tmp_path):
    low, high = (48, 52, 55, 60), (72, 76, 79, 84)
    pieces = [piece(number, "keyboard", notes=low) for number in range(5)]
    pieces += [piece(number, "quartet", notes=high, source=1) for number in range(5, 9)]
    sources = (Source("a", "https://a.org", "CC0"), Source("b", "https://b.org", "CC0"), Source("c", "", "CC0"))
    recipe = StyleRecipe("mine", "x", "me", ensemble="keyboard", sources=sources)
    card = write_style_files(recipe, pieces, [], output=tmp_path)
    statistics = load_statistics(tmp_path / "mine.yaml")
    assert card.ensembles == {"keyboard": 5, "quartet": 4}
    assert card.textures_from == "5 keyboard pieces"
    assert [(source.name, source.pieces, source.bars) for source in card.sources] == [("a", 5, 40), ("b", 4, 32)]
    assert (statistics.pieces, statistics.ensembles) == (9, {"keyboard": 5, "quartet": 4})
    assert statistics.registers["melody"] == (60.0, 60.0, 60.0), "no note of the quartets"
    assert statistics.meters == {"4/4": 9}


def test_the_card_says_whose_textures_they_are(tmp_path):
    pieces = [piece(0, "keyboard", notes=(48, 64))] + [piece(n, "song", notes=(50, 65)) for n in range(1, 3)]
    recipe = StyleRecipe("mine", "x", "me", ensemble="keyboard")
    assert write_style_files(recipe, pieces, [], output=tmp_path).textures_from == "1 keyboard piece and 2 songs"


def test_a_card_is_for_the_ensemble_of_most_pieces_where_the_recipe_does_not_say(tmp_path):
    pieces = [piece(0, "keyboard", notes=(48, 64))] + [piece(n, "song", notes=(50, 65)) for n in range(1, 3)]
    assert write_style_files(StyleRecipe("mine", "x", "me"), pieces, [], output=tmp_path).ensemble == "song"


@pytest.mark.parametrize(
    ("kind", "mode", "chords", "expected"),
    [
        ("HC", "major", "ii6 V", True),
        ("HC", "major", "V7/V V", True),
        ("HC", "minor", "iv6 V", True),
        ("HC", "major", "V7 V", False),
        ("HC", "major", "V7 iii7 V", False),
        ("HC", "minor", "III V", False),
        ("IAC", "major", "V7 I6", True),
        ("IAC", "major", "V7 I64", False),
        ("PAC", "minor", "i64 V i", True),
    ],
)
def test_formulas_that_are_no_cadence_are_left_out(kind, mode, chords, expected):
    names = tuple(chords.split())
    each = ("1",) * len(names)
    formula = CadenceFormula(kind, mode, names, each, each, (1.0,) * len(names), 0.0, "duple", 2)
    assert is_plausible(formula) == expected


def test_chords_that_next_to_no_phrase_begins_with_are_left_out():
    counted = StyleStatistics(
        name="mine",
        pieces=8,
        bars=900,
        first_chords={"major": {"I": 41, "V7": 23, "vi64": 1}, "minor": {"V7": 1}},
        opening_chords={"major": {"I": 7, "vi64": 1}},
    )
    kept = without_slips(counted)
    assert kept.first_chords == {"major": {"I": 41, "V7": 23}, "minor": {"V7": 1}}, "all of a mode are never left out"
    assert kept.opening_chords == {"major": {"I": 7}}
    assert without_slips(kept) == kept


def test_nothing_to_count_is_an_error(tmp_path):
    from composer.errors import TrainingError

    with pytest.raises(TrainingError, match="no piece to count"):
        write_style_files(StyleRecipe("mine", "x", "me"), [], [], output=tmp_path)
