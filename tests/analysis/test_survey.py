"""The survey of a folder says what is in it, and why something is not."""

from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from composer.analysis import survey as survey_module
from composer.analysis.manifest import manifest_of
from composer.analysis.survey import FolderSurvey, PieceSurvey, survey_file, survey_folder
from composer.analysis.survey_totals import kind_of, totals_of
from composer.corpus.reader import ReadResult
from composer.errors import MusicFileError

TUNE = "4c 4d 8e 8f 4g 4a 8g 8f 4e 4d 8c 8B 4c 2e 4d 4f 8a 8g 4f 8e 8d 4c 4g 4e 2c"


def kern(tokens: str = TUNE, *, head: str = "*clefG2\n*k[]\n*C:\n*M4/4", records: str = "") -> str:
    """A **kern file of one voice, barred by its meter."""
    return f"{records}**kern\n{head}\n=1\n" + "\n".join(tokens.split()) + "\n==\n*-\n"


def up(tokens: str) -> str:
    """The tokens an octave higher: c becomes cc, B becomes b."""
    return " ".join(token + token[-1] if token[-1].islower() else token.lower() for token in tokens.split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tune, twice in one file's bytes, once an octave higher; a broken file; a text."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.krn").write_text(kern(records="!!!OTL: Air\n!!!YEM: Public domain\n"))
    (tmp_path / "sub" / "copy.krn").write_bytes((tmp_path / "a.krn").read_bytes())
    (tmp_path / "sub" / "high.krn").write_text(kern(up(TUNE), head="*M4/4\n*MM60"))
    (tmp_path / "broken.mid").write_bytes(b"MThd\0\0")
    (tmp_path / "words.txt").write_text("no music")
    return tmp_path


@pytest.fixture
def survey(folder: Path) -> FolderSurvey:
    return survey_folder(folder)


def only(path: Path) -> PieceSurvey:
    return survey_file(path.parent, path.name).pieces[0]


def test_every_file_has_its_pieces_or_its_error(survey: FolderSurvey, folder: Path) -> None:
    assert [file.path for file in survey.files] == ["a.krn", "broken.mid", "sub/copy.krn", "sub/high.krn"]
    assert [len(file.pieces) for file in survey.files] == [1, 0, 1, 1]
    broken = survey.files[1]
    assert broken.error == "broken.mid byte 6: the file ends in the middle of its header"
    assert broken.reason == "the file ends in the middle of its header"
    assert broken.sha256 == hashlib.sha256(b"MThd\0\0").hexdigest()
    assert survey.passed_over == {".txt": 1}


def test_a_piece_is_measured(survey: FolderSurvey) -> None:
    piece = survey.files[0].pieces[0]
    assert (piece.title, piece.bars, piece.notes, piece.notes_on_grid, piece.graces) == ("Air", 6, 25, 25, 0)
    assert (piece.key, piece.key_is_stated, piece.meters) == ("C major", True, {"4/4": 6})
    assert piece.tempo_bpm is None
    assert piece.duration_sec is None


def test_the_key_is_heard_where_none_is_stated_and_time_follows_the_tempo(survey: FolderSurvey) -> None:
    piece = survey.files[3].pieces[0]
    assert (piece.key, piece.key_is_stated) == ("C major", False)
    assert (piece.tempo_bpm, piece.duration_sec) == (60.0, 22.0)


def test_bars_that_a_note_off_the_sixteenths_touches_are_off_the_grid(tmp_path: Path) -> None:
    triplet = "12c 12d 12e 2.f 1g 32a 32b 16cc 8dd 2.ee 1c"
    (tmp_path / "a.krn").write_text(kern(triplet))
    piece = only(tmp_path / "a.krn")
    # the triplet and the 32nds; the notes after them end on sixteenths again
    assert (piece.notes, piece.notes_on_grid) == (11, 6)
    assert (piece.bars, piece.bars_on_grid) == (4, 2)


def test_a_book_of_tunes_has_several_pieces_and_works_under_one_name(tmp_path: Path) -> None:
    tunes = ("X:1\nT:One\nM:3/4\nL:1/4\nK:G\nGAB|c2d|edc|G3|]\n", "X:7\nT:Two\nM:2/4\nL:1/4\nK:D\nDF|A2|dA|D2|]\n")
    (tmp_path / "book.abc").write_text("\n".join(tunes))
    survey = survey_folder(tmp_path)
    assert [(piece.number, piece.title, piece.key) for _, piece in survey.pieces] == [
        ("1", "One", "G major"),
        ("7", "Two", "D major"),
    ]
    assert len({piece.work for _, piece in survey.pieces}) == 2
    row = json.loads(manifest_of(survey))
    assert (row["file"], row["bars"], [piece["number"] for piece in row["pieces"]]) == ("book.abc", 8, ["1", "7"])


def test_totals_count_files_pieces_and_duplicates(survey: FolderSurvey) -> None:
    totals = totals_of(survey)
    assert (totals.files, totals.usable_files, totals.pieces, totals.bars, totals.notes) == (4, 3, 3, 18, 75)
    assert totals.left_out == {"the file ends in the middle of its header": 1}
    found = totals.duplicates
    assert (found.identical_files, found.same, found.transposed, found.near) == (1, 1, 1, 0)
    assert (found.groups, found.distinct) == (1, 1)
    assert totals.licences == {"public domain": 2, "unknown": 1}
    assert (totals.heard_keys, totals.tempos, totals.duration_sec) == (1, 1, 22.0)
    assert totals.works == 1
    assert totals.notes_on_grid == totals.bars_on_grid == 1.0


def test_live_performances_are_counted_apart(survey: FolderSurvey) -> None:
    file = survey.files[0]
    live = replace(file, pieces=(replace(file.pieces[0], is_live=True, notes_on_grid=0, bars_on_grid=0),))
    totals = totals_of(replace(survey, files=(live, *survey.files[1:])))
    assert (totals.live, totals.notes_on_grid, totals.bars_on_grid) == (1, 1.0, 1.0)


def test_the_manifest_has_a_line_for_each_file(survey: FolderSurvey) -> None:
    rows = [json.loads(line) for line in manifest_of(survey).decode().splitlines()]
    assert [row["file"] for row in rows] == ["a.krn", "broken.mid", "sub/copy.krn", "sub/high.krn"]
    assert rows[1] == {
        "file": "broken.mid",
        "sha256": survey.files[1].sha256,
        "error": "broken.mid byte 6: the file ends in the middle of its header",
    }
    assert (rows[0]["licence"], rows[0]["licence_from"], rows[3]["licence"]) == ("public domain", "the file", None)
    copy, high = rows[2]["pieces"][0], rows[3]["pieces"][0]
    assert copy["duplicate_of"] == {"file": "a.krn", "number": None, "kind": "same", "likeness": 1.0}
    assert high["duplicate_of"]["kind"] == "transposed"
    assert {piece["group"] for piece in (rows[0]["pieces"][0], copy, high)} == {rows[0]["pieces"][0]["group"]}


def test_a_manifest_is_read_again_as_what_stands_beside_the_files(survey: FolderSurvey, folder: Path) -> None:
    (folder / "manifest.jsonl").write_bytes(manifest_of(survey).replace(b"null", b'"CC BY 4.0"'))
    assert survey_file(folder, "sub/high.krn").provenance.licence == "CC-BY-4.0"


def test_names_that_are_no_unicode_can_be_written(survey: FolderSurvey) -> None:
    odd = replace(survey, files=(replace(survey.files[0], path="caf\udce9.krn"),), duplicates=())
    assert json.loads(manifest_of(odd))["file"] == "caf\udce9.krn"


def test_progress_goes_from_file_to_file_to_the_end(folder: Path) -> None:
    told: list[float] = []
    survey_folder(folder, workers=1, on_progress=lambda _, fraction: told.append(fraction))
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_what_a_worker_finds_can_be_sent_to_another_process(folder: Path) -> None:
    file = survey_file(folder, "a.krn")
    sent = pickle.loads(pickle.dumps(file))
    assert (sent.path, sent.provenance, sent.pieces[0].meters) == (file.path, file.provenance, {"4/4": 6})
    assert list(sent.pieces[0].fingerprint.top) == list(file.pieces[0].fingerprint.top)


def test_a_folder_without_scores_or_without_a_folder_is_one_error(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "no scores"), (tmp_path / "none", "no such folder")):
        with pytest.raises(MusicFileError, match=said):
            survey_folder(path)
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(MusicFileError, match="not a folder"):
        survey_folder(tmp_path / "file.txt")


def test_a_fault_of_ours_in_one_file_is_told_and_stops_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = survey_module.read_pieces_bytes

    def faulty(data: bytes, source: str) -> tuple[ReadResult, ...]:
        if source == "a.krn":
            raise ZeroDivisionError("no bars")
        return true(data, source)

    monkeypatch.setattr(survey_module, "read_pieces_bytes", faulty)
    survey = survey_folder(folder, workers=1)
    assert survey.files[0].error == "a.krn: a fault of this program: ZeroDivisionError: no bars"
    assert totals_of(survey).usable_files == 2


def test_lines_are_counted_by_kind() -> None:
    assert kind_of("bar 12: 0.5 quarters too short for 3/4; kept as it is") == kind_of(
        "bar 7: 1 quarters too short for 6/8; kept as it is"
    )
    assert kind_of('part Oboe: a track of 12 notes doubles "Flute"') == 'a track of N notes doubles "…"'
    assert kind_of("part 1, bar 3: <duration>NaN</duration> is no number") == "<duration> is no number"
    assert kind_of("3 fields were read as rests (line 4, 9 and more)") == kind_of(
        "2 fields were read as rests (line 7, 12, 14 and more)"
    )


def test_no_score_is_kept(survey: FolderSurvey) -> None:
    # ten thousand pieces must fit into memory: what is kept of one is numbers and a sample of hashes
    piece = survey.files[0].pieces[0]
    assert not any("Score" in type(value).__name__ for value in vars(piece).values())
    assert piece.fingerprint.top.nbytes + piece.fingerprint.bass.nbytes <= 4096
