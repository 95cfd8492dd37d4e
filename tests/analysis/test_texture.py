import pytest

from composer.analysis.texture import find_textures
from composer.outline import PATTERNS

FIFTHS = " C3+E3+G3"
EXAMPLES = {
    "melody": ("C5 D5 E5 F5 | G5 F5 E5 D5", "-:8"),
    "unison": ("C5 D5 E5 F5 | G5 F5 E5 D5", "C4 D4 E4 F4 | G4 F4 E4 D4"),
    "chorale": ("E4+C5 F4+D5 G4+E5 F4+D5 | E4+C5 F4+D5 G4+E5:2", "C3+G3 G2+B3 C3+G3 G2+B3 | C3+G3 G2+B3 C3+G3:2"),
    "alberti": ("E5:2 D5 C5 | D5:2 E5:2", "C4:1/2 G4:1/2 E4:1/2 G4:1/2 " * 4),
    "arpeggio": ("G5:2 E5:2 | G5:2 E5:2", "C3:1/2 G3:1/2 E4:1/2 C5:1/2 " * 4),
    "walking": ("C5:1/2 D5:1/2 E5:1/2 F5:1/2 " * 4, "C3 D3 E3 F3 | G3 F3 E3 D3"),
    "stride": ("E5:1/2 F5:1/2 G5 E5:2 | E5:2 D5:2", "C3 E4+G4 G2 E4+G4 | C3 E4+G4 G2 E4+G4"),
    "imitation": (
        "C5 D5:1/2 E5:1/2 C5:2 | D5:2 E5:2",
        "-:1/2 C4:1/2 C4:2 D4:1/2 E4:1/2 | C4:1/2 G3:1 A3:1/2 B3:1/2 C4:3/2",
    ),
    "running": ("C5:1/4 D5:1/4 E5:1/4 F5:1/4 " * 8, "C3+E3:2 G3:2 | C3+E3:2 G3:2"),
    "chords": ("E5:3/2 D5:1/2 C5:2 | D5:2 E5:2", "C3+E3+G3:2 C3+E3+G3:2 | B2+F3+G3:4"),
}


@pytest.mark.parametrize("pattern", EXAMPLES)
def test_each_pattern_is_told_apart(keyboard, pattern):
    spans = find_textures(keyboard(*EXAMPLES[pattern]))
    assert pattern in PATTERNS
    found = [span.pattern for span in spans]
    assert max(set(found), key=found.count) == pattern, found


def test_onsets_are_moments_and_polyphony_is_sounding_notes(keyboard):
    (first, second) = find_textures(keyboard("C5+E5 D5 E5 F5", "C3:4"))
    assert first.onsets_per_beat == (0.5, 1.0)  # the chord is one moment
    assert first.polyphony == (1.0, 1.5)
    assert second.onsets_per_beat == (0.0, 1.0)


def test_spans_are_half_bars_in_four_and_whole_bars_in_three(keyboard):
    four = find_textures(keyboard("C5:4 C5:4", "C3:4 C3:4"))
    three = find_textures(keyboard("C5:3 C5:3", "C3:3 C3:3", meter="3/4"))
    assert (len(four), len(three)) == (4, 2)


def test_silence_is_unknown(keyboard):
    spans = find_textures(keyboard("C5:4 -:4 C5:4", "C3:4 -:4 C3:4"))
    assert [span.pattern for span in spans][2:4] == ["unknown", "unknown"]
