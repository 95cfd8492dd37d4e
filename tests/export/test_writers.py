import pytest

from composer.errors import OptionError, OutputError
from composer.export.midi import midi_bytes
from composer.export.musicxml import musicxml_bytes
from composer.export.writers import EXTENSIONS, Finished, check_outputs, write_outputs


@pytest.fixture
def finished(keyboard, deadpan):
    return Finished(deadpan(keyboard([(0, 72, 1)], [(0, 48, 2)])), plan_text="plan: 1\n", report_text="{}\n")


def test_the_extension_picks_the_writer(finished, tmp_path):
    paths = [tmp_path / f"piece{extension}" for extension in EXTENSIONS]
    write_outputs(finished, paths)
    content = {path.suffix: path.read_bytes() for path in paths}
    assert content[".mid"] == content[".midi"] == midi_bytes(finished.performance)
    assert content[".musicxml"] == content[".xml"] == musicxml_bytes(finished.performance.score)
    assert content[".mxl"][:2] == b"PK"
    assert content[".png"][:4] == b"\x89PNG"
    assert content[".yaml"] == content[".yml"] == b"plan: 1\n"
    assert content[".json"] == b"{}\n"


def test_large_letters_are_the_same_extension(finished, tmp_path):
    write_outputs(finished, [tmp_path / "PIECE.MID"])
    assert (tmp_path / "PIECE.MID").read_bytes()[:4] == b"MThd"


def test_an_unknown_extension_names_those_that_are_known(tmp_path):
    with pytest.raises(OptionError, match=r'piece\.pdf: no writer for "\.pdf".*\.mid.*\.musicxml.*\.yaml'):
        check_outputs([tmp_path / "piece.pdf"])
    with pytest.raises(OptionError, match=r'did you mean "\.musicxml"'):
        check_outputs([tmp_path / "piece.musicxlm"])
    with pytest.raises(OptionError, match="no extension"):
        check_outputs([tmp_path / "piece"])


def test_two_outputs_of_one_name_are_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OptionError, match="two outputs have this name"):
        check_outputs([tmp_path / "a.mid", tmp_path / "folder" / ".." / "a.mid"])


def test_a_plan_that_is_read_is_never_overwritten(tmp_path):
    with pytest.raises(OptionError, match="would be overwritten"):
        check_outputs([tmp_path / "rondo.yaml"], read_paths=[tmp_path / "rondo.yaml"])


@pytest.mark.parametrize(("name", "word"), [("played.yaml", "plan"), ("played.report.json", "report")])
def test_without_a_plan_neither_it_nor_its_report_is_written(tmp_path, name, word):
    with pytest.raises(OptionError, match=f"no {word} to write"):
        check_outputs([tmp_path / name], has_plan=False)


def test_a_missing_folder_is_refused_before_any_work(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        check_outputs([tmp_path / "no such folder" / "a.mid"])


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(OptionError) as caught:
        check_outputs([tmp_path / "a.pdf", tmp_path / "b.mid", tmp_path / "b.mid"])
    assert len(caught.value.problems) == 2


def test_when_one_cannot_be_written_none_is(finished, tmp_path):
    old = tmp_path / "a.mid"
    old.write_bytes(b"old")
    (tmp_path / "b.musicxml").mkdir()
    with pytest.raises(OutputError):
        write_outputs(finished, [old, tmp_path / "b.musicxml"])
    assert old.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mid", "b.musicxml"]


def test_a_loop_of_links_is_no_reason_to_fail(tmp_path):
    (tmp_path / "a.mid").symlink_to(tmp_path / "b.mid")
    (tmp_path / "b.mid").symlink_to(tmp_path / "a.mid")
    check_outputs([tmp_path / "a.mid"])
