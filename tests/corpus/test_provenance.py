"""A file's licence is what it states, else what stands beside it, else unknown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from composer.corpus.provenance import THE_FILE, UNKNOWN, Provenances


def test_unknown_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("licence: public domain")  # not a file that licences stand in
    assert Provenances(tmp_path).of("a/b.mid") == UNKNOWN


def test_the_file_itself_comes_first(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("MIT License")
    found = Provenances(tmp_path).of("a.mid", rights="Public Domain", origin="Henle")
    assert (found.licence, found.source, found.stated_in) == ("public domain", "Henle", THE_FILE)


def test_a_manifest_lists_files_by_their_path_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mutopia"
    folder.mkdir()
    rows = [
        {"file": "BachJS/a.mid", "licence": "Creative Commons Attribution 2.5", "source": "x/a.ly", "title": "A"},
        {"file": "BachJS/b.mid", "licence": "Public Domain"},
        ["no object"],
    ]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n")
    found = Provenances(tmp_path)
    a = found.of("mutopia/BachJS/a.mid")
    assert (a.licence, a.source, a.title, a.stated_in) == ("CC-BY-2.5", "x/a.ly", "A", "mutopia/manifest.jsonl")
    assert found.of("mutopia/BachJS/b.mid").licence == "public domain"
    assert found.of("mutopia/BachJS/c.mid") == UNKNOWN
    assert found.of("BachJS/a.mid") == UNKNOWN


@pytest.mark.parametrize(
    "whole", [[{"path": "a.mid", "license": "MIT"}], {"files": [{"name": "a.mid", "rights": "MIT"}]}]
)
def test_a_manifest_may_be_one_json_value(tmp_path: Path, whole: object) -> None:
    (tmp_path / "MANIFEST.json").write_text(json.dumps(whole))
    assert Provenances(tmp_path).of("a.mid").licence == "MIT"


@pytest.mark.parametrize("broken", ["", "[", "[" * 100_000, '{"files": 3}', "null", '{"file": ["a.mid"]}'])
def test_a_broken_manifest_says_nothing(tmp_path: Path, broken: str) -> None:
    (tmp_path / "manifest.json").write_text(broken)
    assert Provenances(tmp_path).of("a.mid") == UNKNOWN


def test_a_licence_holds_for_the_folders_below_it_and_the_nearest_rules(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "LICENSE.md").write_text("\n# Attribution-ShareAlike 4.0 International\n…")
    (tmp_path / "a" / "COPYING").write_text("CC0 1.0 Universal")
    found = Provenances(tmp_path)
    assert found.of("a/b/c.mid").licence == "CC0-1.0"
    assert found.of("a/b/c.mid").stated_in == "a/COPYING"
    assert found.of("c.mid").licence == "CC-BY-SA-4.0"


def test_nothing_above_the_root_is_read(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("MIT License")
    (tmp_path / "scores").mkdir()
    assert Provenances(tmp_path / "scores").of("a.mid") == UNKNOWN


def test_a_readme_is_read_where_it_speaks_of_one_licence(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "README.md").write_text("# Scores\nMIT is a school.\nLicense: CC BY 4.0.\n")
    (tmp_path / "two" / "README.md").write_text("Scores: licence CC0. Code: MIT licence.")
    found = Provenances(tmp_path)
    assert (found.of("one/a.mid").licence, found.of("one/a.mid").rights) == ("CC-BY-4.0", "License: CC BY 4.0.")
    assert found.of("two/a.mid") == UNKNOWN


def test_a_copyright_without_a_licence_is_told_beside_what_the_folder_says(tmp_path: Path) -> None:
    alone = Provenances(tmp_path).of("a.mid", rights="Copyright 2001 by X")
    assert (alone.licence, alone.rights, alone.stated_in) == ("", "Copyright 2001 by X", "")
    (tmp_path / "LICENCE").write_text("CC BY 4.0")
    both = Provenances(tmp_path).of("a.mid", rights="Copyright 2001 by X")
    assert (both.licence, both.rights) == ("CC-BY-4.0", "Copyright 2001 by X; CC BY 4.0")
