import pytest

from composer.errors import OptionError, SoundFontError
from composer.export.writers import Finished, check_outputs, write_outputs
from composer.pipeline import perform_file


def test_sound_is_rendered_once_for_all_its_files(play, tmp_path, monkeypatch):
    import composer.export.finished as finished

    calls = []
    usual = finished.render
    monkeypatch.setattr(finished, "render", lambda *said, **more: calls.append(1) or usual(*said, **more))
    piece = Finished(play([(0, 60, 0.5)]))
    files = write_outputs(piece, [tmp_path / "a.wav", tmp_path / "a.flac", tmp_path / "a.mid"])
    assert [path.read_bytes()[:4] for path in files] == [b"RIFF", b"fLaC", b"MThd"]
    assert len(calls) == 1


def test_a_sound_font_that_is_none_leaves_older_files_as_they_are(play, tmp_path):
    old, font = tmp_path / "a.wav", tmp_path / "mine.sf2"
    old.write_bytes(b"old")
    font.write_bytes(b"not a sound font")
    with pytest.raises(SoundFontError, match=r"mine\.sf2: this is no sound font"):
        check_outputs([old], soundfont=font)
    with pytest.raises(SoundFontError):
        write_outputs(Finished(play([(0, 60, 0.5)]), soundfont=font), [tmp_path / "a.mid", old])
    assert old.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "mine.sf2"]


def test_a_sound_font_without_a_sound_is_refused(make_font, tmp_path):
    with pytest.raises(OptionError, match="a sound font, but no sound to write"):
        check_outputs([tmp_path / "a.mid"], soundfont=make_font())


def test_a_sound_font_is_never_written_over(make_font, tmp_path):
    font = make_font(name="mine.wav")
    with pytest.raises(OptionError, match="would be overwritten"):
        check_outputs([font], soundfont=font)


def test_perform_writes_sound_with_a_font_of_one_s_own(play, make_font, tmp_path, monkeypatch):
    import composer.sound.rendering as rendering

    monkeypatch.setattr(rendering, "fluidsynth_command", lambda: None)
    score = tmp_path / "a.mid"
    write_outputs(Finished(play([(0.5 * n, 60 + n, 0.5) for n in range(8)])), [score])
    sounds = []
    for font in (None, make_font()):
        perform_file(score, outputs=(tmp_path / "a.wav",), soundfont=font)
        sounds.append((tmp_path / "a.wav").read_bytes())
    assert sounds[0] != sounds[1]
    with pytest.raises(SoundFontError):
        perform_file(score, outputs=(tmp_path / "a.wav",), soundfont=score)
    assert (tmp_path / "a.wav").read_bytes() == sounds[1]
