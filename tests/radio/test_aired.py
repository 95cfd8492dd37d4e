"""A piece of the programme, composed without a network."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from composer.errors import FillError
from composer.radio import Item, RadioWishes, air, numbered
from composer.theory.key import parse_key

pytestmark = pytest.mark.usefixtures("no_network")

ITEM = Item(7, "binary", parse_key("E minor"), 11)


def test_a_piece_is_what_the_programme_says_and_has_what_its_channel_needs(tmp_path):
    wishes = RadioWishes(style="bach", bars=16, outputs=(tmp_path / "a.yaml", tmp_path / "a.mid"), as_midi=True)
    piece = air(ITEM, wishes)
    assert (piece.number, piece.title, piece.form, piece.key) == (7, "Binary in E minor", "binary", "E minor")
    assert piece.num_bars == 16
    assert piece.files == (tmp_path / "a-007.yaml", tmp_path / "a-007.mid")
    assert piece.midi == (tmp_path / "a-007.mid").read_bytes()
    assert mido.MidiFile(tmp_path / "a-007.mid").length == pytest.approx(piece.length_sec, abs=3.0)
    assert piece.page is None
    assert piece.composing_sec > 0


def test_a_seed_without_acceptable_music_is_followed_by_the_next_seed(monkeypatch):
    import composer.radio.aired as module

    seeds, compose = [], module.compose

    def hard(**options):
        seeds.append(options["seed"])
        if len(seeds) < 3:
            raise FillError("no acceptable music")
        return compose(**options)

    monkeypatch.setattr(module, "compose", hard)
    assert air(ITEM, RadioWishes(style="bach", bars=16)).title == "Binary in E minor"
    assert seeds == [11, 12, 13]
    monkeypatch.setattr(module, "compose", lambda **options: (_ for _ in ()).throw(FillError("never")))
    with pytest.raises(FillError, match="never"):
        air(ITEM, RadioWishes(style="bach", bars=16))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.mid", "a-001.mid"),
        ("night/piece.parts.pdf", "night/piece-001.parts.pdf"),
        ("my.piece.roll.png", "my.piece-001.roll.png"),
        ("A.MID", "A-001.MID"),
    ],
)
def test_the_number_stands_before_the_extension(path, found):
    assert numbered(Path(path), 1) == Path(found)
    assert numbered(Path("a.mid"), 1234) == Path("a-1234.mid")
