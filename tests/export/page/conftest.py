"""A small planned piece as a page: composed without a network, played by two takes, with a repeat and a da capo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from composer import pipeline
from composer.pipeline.finishing import Piece
from composer.style_statistics import StyleStatistics

PLAN = """
plan: 1
title: 'A </script><img src=x onerror="alert(1)"> & <b>minuet</b>'
form: rondo
style: bach
ensemble: keyboard
key: G major
meter: "3/4"
pickup: 0
tempo: 132
seed: 7
themes:
  refrain:
    bars: 4
    type: chain
    melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"
sections:
  - {label: A, theme: refrain, bars: 4, key: I, cadence: PAC}
  - {label: B, theme: none, bars: 4, key: V, cadence: HC}
  - {label: A, id: A2, theme: refrain, bars: 4, key: I, cadence: PAC}
  - {label: C, theme: none, bars: 4, key: vi, cadence: PAC}
repeats: [[A]]
da_capo: A2
"""


@dataclass(frozen=True)
class Page:
    """The page of a piece.

    Attributes:
        path: the file.
        text: what is in it.
        piece: what it shows.
    """

    path: Path
    text: str
    piece: Piece


@pytest.fixture(scope="session")
def page(tmp_path_factory, make_fake_source) -> Page:
    folder = tmp_path_factory.mktemp("page")
    (folder / "minuet.yaml").write_text(PLAN, encoding="utf-8")
    path = folder / "minuet.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "composer.pipeline.filling.network_source", lambda cards, **options: (make_fake_source, "no network")
        )
        patch.setattr(
            "composer.pipeline.filling.load_statistics", lambda style: StyleStatistics(name=style, pieces=1, bars=1)
        )
        piece = pipeline.build_plan(folder / "minuet.yaml", outputs=(path,), take=1, more_takes=(2,))
    return Page(path, path.read_text(encoding="utf-8"), piece)
