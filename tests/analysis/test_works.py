from collections import Counter

from composer.analysis.works import sides_of, split_of, work_id


def test_settings_of_one_tune_are_one_work():
    passion = work_id("chorales/074_O_Haupt_voll_Blut_und_Wunden.musicxml")
    assert passion == work_id("chorales/021_Herzlich_tut_mich_verlangen.musicxml")
    assert passion != work_id("chorales/029_Freu_dich_sehr__o_meine_Seele.musicxml")


def test_an_edition_of_a_chorale_meets_its_tune_by_its_title():
    assert work_id("BachJS__BWV269__bwv_269__bwv_269.mid", "Aus meines Herzens Grunde (Chorale 1)") == work_id(
        "001_Aus_meines_Herzens_Grunde.musicxml"
    )


def test_movements_and_pairs_of_one_number_are_one_work():
    gigue = work_id("BachJS__BWV816__french-suite-5__french-suite-5-lys__french-suite-5-gigue.mid")
    assert gigue == work_id("BachJS__BWV816__french-suite-5__french-suite-5-lys__french-suite-5-bouree.mid")
    assert work_id("BachJS__BWV847__bwv847a__bwv847a.mid") == work_id("BachJS__BWV847__bwv847b__bwv847b.mid")
    assert work_id("BachJS__BWVAnh114__x__x.mid") != work_id("BachJS__BWV114__x__x.mid")
    assert work_id("BeethovenLv__O13__pathetique-1__pathetique-1.mid") == "beethoven/op-13"


def test_the_same_opus_in_two_collections_is_one_work():
    assert work_id("mutopia/ChopinFF/ChopinFF__O10__op-10-12-wfi__op-10-12-wfi.mid") == "chopin/op-10"
    assert work_id("chopin/010-1b-Sm-012.krn") == "chopin/op-10"


def test_files_without_a_catalogue_are_their_own_work():
    assert work_id("tunes/my waltz.mid") != work_id("tunes/my polka.mid")
    assert work_id("tunes/my waltz.mid") == work_id("tunes/my waltz.musicxml")


def test_about_a_tenth_is_held_out_on_either_side():
    sides = Counter(split_of(f"work/{number}") for number in range(2000))
    assert 0.77 < sides["train"] / 2000 < 0.83
    assert 0.08 < sides["valid"] / 2000 < 0.12
    assert split_of("tune/jesu-meine-freude") == split_of("tune/jesu-meine-freude")


def test_a_group_lies_where_most_of_its_pieces_are() -> None:
    by_side = {split_of(f"work/{number}"): f"work/{number}" for number in range(60)}
    train, test = by_side["train"], by_side["test"]
    assert sides_of([train, test, test, train], ["a", "a", "a", "b"]) == ("test", "test", "test", "train")
    assert sides_of([train, test], [train, train]) == ("train", "train"), "a draw is settled by the group's own id"
    assert sides_of([train, test], [test, test]) == ("test", "test")
    assert sides_of([], []) == ()


def test_tunes_of_a_book_are_works_of_their_own() -> None:
    assert work_id("tunes/book.abc", "Air", "3") == "file/tunes/book/3"
    assert work_id("bach/BachJS__BWV816__suite.mid", "", "2") == work_id("bach/BachJS__BWV816__suite.mid")
