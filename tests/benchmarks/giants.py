"""Files that go to the limits of the readers, or far beyond them: large, deep, long or many of everything.

Each is made when it is asked for; the largest have tens of megabytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

from mutations_midi import variable_length
from sound_files import midi_file

GIANTS: dict[str, Callable[[], bytes]] = {}


def _giant(make: Callable[[], bytes]) -> Callable[[], bytes]:
    GIANTS[make.__name__.strip("_")] = make
    return make


# ---------------------------------------------------------------- MIDI


def _struck(pitch: int, time: int = 0) -> bytes:
    return variable_length(time) + bytes([0x90, pitch, 80])


@_giant
def _midi_one_long_gap() -> bytes:
    return midi_file(_struck(60) + variable_length(2**28 - 1) + bytes([0x80, 60, 0]))


@_giant
def _midi_forty_long_gaps() -> bytes:
    return midi_file((_struck(60) + variable_length(2**28 - 1) + bytes([0x80, 60, 0])) * 40)


@_giant
def _midi_overlaps_of_one_pitch() -> bytes:
    return midi_file(_struck(60, 1) * 20_000 + (b"\1" + bytes([0x80, 60, 0])) * 20_000)


@_giant
def _midi_as_many_notes_as_may_be() -> bytes:
    return midi_file((_struck(60, 60) + b"\x3c" + bytes([0x80, 60, 0])) * 79_000)


@_giant
def _midi_notes_of_one_instant() -> bytes:
    return midi_file(b"".join(_struck(i % 128) for i in range(79_000)) + b"\x60" + bytes([0x80, 60, 0]))


@_giant
def _midi_notes_on_no_grid() -> bytes:
    return midi_file(b"".join(_struck(i % 100, 1 + i * i % 97) for i in range(79_000)), division=101)


@_giant
def _midi_a_million_notes() -> bytes:
    return midi_file((_struck(60, 60) + b"\x3c" + bytes([0x80, 60, 0])) * 1_000_000)


@_giant
def _midi_two_thousand_tracks() -> bytes:
    return midi_file(*[(_struck(60) + b"\x60" + bytes([0x80, 60, 0])) * 70] * 2_000)


@_giant
def _midi_tracks_that_double() -> bytes:
    line = b"\0\xc0\x13" + b"".join(
        _struck(60 + i % 12, 10) + b"\x60" + bytes([0x80, 60 + i % 12, 0]) for i in range(1_230)
    )
    return midi_file(*[line] * 64)


@_giant
def _midi_signs_without_end() -> bytes:
    signs = b"\1\xff\x51\3\7\xa1\x20\1\xff\x58\4\5\4\x18\x08\1\xff\x59\2\1\0\1\xff\x06\3abc\1\xff\x58\4\4\2\x18\x08"
    return midi_file(signs * 200_000, (_struck(60, 480) + b"\x60" + bytes([0x80, 60, 0])) * 4_000)


@_giant
def _midi_bars_without_end() -> bytes:
    return midi_file(
        b"\0\xff\x58\4\1\5\x18\x08" + _struck(60) + variable_length(10**7) + bytes([0x80, 60, 0]), division=200
    )


@_giant
def _midi_all_meta_events() -> bytes:
    return midi_file(b"\0\xff\x01\0" * 8_000_000)


@_giant
def _midi_one_track_mark_after_another() -> bytes:
    return b"MThd\0\0\0\6\0\1\xff\xff\1\xe0" + b"MTrk\xff\xff\xff\xff" * 4_000_000


@_giant
def _midi_chunks_of_no_length() -> bytes:
    return b"MThd\0\0\0\6\0\1\0\1\1\xe0" + b"junk\0\0\0\0" * 4_000_000


# ---------------------------------------------------------------- MusicXML

_FIRST = "<attributes><divisions>4</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
_C4 = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>{}</duration>{}</note>"


def _document(*parts: str) -> bytes:
    body = "".join(f"<part id='P{index}'>{part}</part>" for index, part in enumerate(parts))
    return f"<score-partwise>{body}</score-partwise>".encode()


@_giant
def _xml_as_many_elements_as_may_be() -> bytes:
    return _document(f"<measure>{_FIRST}{_C4.format(4, '')}{'<a/>' * 990_000}</measure>")


@_giant
def _xml_more_elements() -> bytes:
    return _document("<measure>" + "<a/>" * 11_000_000 + "</measure>")


@_giant
def _xml_as_many_notes_as_may_be() -> bytes:
    measure = _C4.format(1, "") * 16
    return _document(f"<measure>{_FIRST}</measure>" + f"<measure>{measure}</measure>" * 6_200)


@_giant
def _xml_one_bar_of_chords() -> bytes:
    chord = "<note><chord/><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>"
    return _document(f"<measure>{_FIRST}{_C4.format(1, '')}{chord * 99_000}</measure>")


@_giant
def _xml_tied_for_ever() -> bytes:
    tie = _C4.format(16, "<tie type='stop'/><tie type='start'/>")
    return _document(f"<measure>{_FIRST}{tie}</measure>" + f"<measure>{tie}</measure>" * 19_000)


@_giant
def _xml_parts_and_bars() -> bytes:
    return _document(
        *["<measure>" + _C4.format(1, "") + "</measure>" + "<measure/>" * 19_000] * 5,
        *["<measure>" + _C4.format(1, "") + "</measure>" + "<measure/>" * 30] * 90,
    )


@_giant
def _xml_parts_that_all_need_mending() -> bytes:
    meters = "<attributes><time><beats>{}</beats><beat-type>8</beat-type></time></attributes>"
    bars = [
        "".join(f"<measure>{meters.format(3 + (part + bar) % 9)}{_C4.format(1, '')}</measure>" for bar in range(1_000))
        for part in range(90)
    ]
    return _document(*bars)


@_giant
def _xml_repeats_in_every_bar() -> bytes:
    back = "<barline><repeat direction='backward' times='8'/></barline>"
    return _document(
        f"<measure>{_FIRST}{_C4.format(16, '')}{back}</measure>"
        + f"<measure>{_C4.format(16, '')}{back}</measure>" * 19_000
    )


@_giant
def _xml_endings_without_end() -> bytes:
    ending = "<barline location='left'><ending number='1' type='start'/></barline>" + _C4.format(16, "")
    ending += "<barline><ending number='1' type='stop'/><repeat direction='backward'/></barline>"
    return _document(f"<measure>{_FIRST}{_C4.format(16, '')}</measure>" + f"<measure>{ending}</measure>" * 19_000)


@_giant
def _xml_signs_without_end() -> bytes:
    signs = "<attributes><key><fifths>{}</fifths></key></attributes><sound tempo='{}'/>"
    signs = signs.format(1, 90) + signs.format(2, 99)
    return _document(
        f"<measure>{_FIRST}{_C4.format(16, '')}</measure>"
        + f"<measure>{signs * 20}{_C4.format(16, '')}</measure>" * 6_200
    )


@_giant
def _xml_voices_without_end() -> bytes:
    notes = "".join(
        _C4.format(16, f"<voice>{voice}</voice><staff>{1 + voice % 99}</staff>")
        + "<backup><duration>16</duration></backup>"
        for voice in range(60_000)
    )
    return _document(f"<measure>{_FIRST}{notes}</measure>")


@_giant
def _xml_one_long_text() -> bytes:
    return _document(f"<measure>{_FIRST}{_C4.format(4, '')}</measure><x>{'y' * 40_000_000}</x>")


@_giant
def _xml_attributes_without_end() -> bytes:
    many = " ".join(f"a{i}='{i}'" for i in range(3_000_000))
    return _document(f"<measure {many}>{_FIRST}{_C4.format(4, '')}</measure>")


@_giant
def _xml_lists_without_end() -> bytes:
    tags = "".join(f"<t{i}/>" for i in range(990_000))
    return _document(f"<measure>{_FIRST}{_C4.format(4, '')}{tags}</measure>")


@_giant
def _xml_deep() -> bytes:
    return b"<a>" * 5_000_000


@_giant
def _xml_entities() -> bytes:
    rows = "".join(f"<!ENTITY e{i + 1} '{f'&e{i};' * 10}'>" for i in range(9))
    return f"<!DOCTYPE s [<!ENTITY e0 'lol'>{rows}]><score-partwise>&e9;</score-partwise>".encode()


# ---------------------------------------------------------------- zip


def _archive(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@_giant
def _mxl_bomb() -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("score.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(1024):
            member.write(bytes(2**20))
    return stream.getvalue()


@_giant
def _mxl_bomb_that_lies() -> bytes:
    """A gigabyte that calls itself 1,000 bytes."""
    data = bytearray(_mxl_bomb())
    for sign, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = data.find(sign) + offset
        data[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(data)


@_giant
def _mxl_bomb_under_the_limit() -> bytes:
    return _archive({"score.xml": b"<a>" + b" " * 47_000_000 + b"</a>"})


@_giant
def _mxl_container_is_the_bomb() -> bytes:
    return _archive({"META-INF/container.xml": b"<a>" + b"<b/>" * 11_000_000 + b"</a>", "score.xml": b"<a/>"})


@_giant
def _mxl_a_hundred_thousand_members() -> bytes:
    return _archive({f"{i}.xml": b"" for i in range(100_000)})


@_giant
def _mxl_of_mxl() -> bytes:
    data = _document(f"<measure>{_FIRST}{_C4.format(4, '')}</measure>")
    for _ in range(50):
        data = _archive({"score.xml": data})
    return data


# ---------------------------------------------------------------- text


@_giant
def _kern_as_many_rows_as_may_be() -> bytes:
    return b"**kern\n*M4/4\n" + b"16c 16e 16g\n" * 49_000 + b"*-\n"


@_giant
def _kern_all_null() -> bytes:
    width = 200
    row = b"\t".join([b"."] * width) + b"\n"
    return (
        b"\t".join([b"**kern"] * width)
        + b"\n"
        + row * 2_900
        + b"\t".join([b"4c"] * width)
        + b"\n"
        + b"\t".join([b"*-"] * width)
    )


@_giant
def _kern_bars_without_end() -> bytes:
    return b"**kern\n*M4/4\n" + b"=\n64c\n" * 19_000 + b"*-\n"


@_giant
def _kern_splits_and_joins() -> bytes:
    return b"**kern\n4c\n" + b"*^\n4c\t4e\n*v\t*v\n4d\n" * 60_000 + b"*-\n"


@_giant
def _kern_signs_without_end() -> bytes:
    return b"**kern\n4c\n" + b"*k[f#]\n*k[]\n*MM90\n*>A\n*M3/4\n*M4/4\n" * 80_000 + b"4d\n*-\n"


@_giant
def _kern_slurs_without_end() -> bytes:
    return b"**kern\n" + b"((((4c\n" * 100_000 + b"*-\n"


@_giant
def _kern_strange_lengths() -> bytes:
    return (
        b"**kern\t**kern\n"
        + b"".join(b"%dc\t%de\n" % (9000 + i % 997, 8000 + i % 991) for i in range(30_000))
        + b"*-\t*-\n"
    )


@_giant
def _kern_an_expansion_without_end() -> bytes:
    return b"**kern\n*>[" + b",".join([b"A"] * 400) + b"]\n*>A\n" + b"4c\n" * 1_000 + b"*-\n"


@_giant
def _kern_comments_only() -> bytes:
    return b"!!!COM: x\n" * 550_000 + b"**kern\n4c\n*-\n"


@_giant
def _text_without_end() -> bytes:
    return b"x" * 48_000_000


@_giant
def _zeros() -> bytes:
    return bytes(48_000_000)


def _rows(piece: bytes, times: int) -> bytes:
    """Return lines of 60,000 bytes at most."""
    each = 60_000 // len(piece)
    return b"".join(piece * min(each, times - at) + b"\n" for at in range(0, times, each))


@_giant
def _abc_as_many_notes_as_may_be() -> bytes:
    return b"X:1\nL:1/16\nM:C\nK:C\n" + _rows(b"CDEFGABcCDEFGABc|", 9_300)


@_giant
def _abc_tunes_without_end() -> bytes:
    return b"".join(b"X:%d\nT:x\nK:C\nCDEF|\n\n" % i for i in range(100_000))


@_giant
def _abc_as_many_tunes_as_may_be() -> bytes:
    return b"".join(b"X:%d\nT:x\nK:C\nV:1\nCDEF|\nV:2\nCDEF|\n\n" % i for i in range(5_000))


@_giant
def _abc_as_many_bad_tunes_as_may_be() -> bytes:
    return b"".join(b"X:%d\nT:x\nK:C\nC9999999999|\n\n" % i for i in range(5_000))


@_giant
def _abc_chords_without_end() -> bytes:
    return b"X:1\nK:C\n" + _rows(b"[CEGc]8|", 40_000) + b"[" + b"C" * 60_000


@_giant
def _abc_brackets_without_end() -> bytes:
    rows = [_rows(sign, 1_000_000) for sign in (b"(", b"{", b"!", b'"', b"(3", b"[")]
    return b"X:1\nK:C\nC|" + b"C|".join(rows)


@_giant
def _abc_fields_without_end() -> bytes:
    return b"X:1\nK:C\nC" + _rows(b"[K:G][M:3/4][L:1/4][V:2]", 200_000) + b"D|\n"


@_giant
def _abc_voices_without_end() -> bytes:
    return b"X:1\nK:C\n" + b"".join(b"V:%d\nCDEF|\n" % i for i in range(50_000))


@_giant
def _abc_voices_in_turn() -> bytes:
    return b"X:1\nK:C\n" + b"".join(b"V:%d\nCDEF|\n" % (i % 60) for i in range(36_000))


@_giant
def _abc_repeats_without_end() -> bytes:
    return b"X:1\nK:C\n" + _rows(b"|:C4:|", 19_000) + _rows(b"|:", 60_000)


@_giant
def _abc_overlays_without_end() -> bytes:
    return b"X:1\nK:C\n" + _rows(b"C4&E4&G4|", 15_000) + _rows(b"C&", 60_000)


@_giant
def _abc_ties_slurs_and_graces_without_end() -> bytes:
    return b"X:1\nK:C\n" + _rows(b"{dcd}(C-C-C)", 30_000) + _rows(b"(C-", 10_000)


@_giant
def _abc_words_without_end() -> bytes:
    return b"X:1\nK:C\n" + b"CDEF|\nw: " + _rows(b"a-b_c ", 500_000)


@_giant
def _abc_free_meter() -> bytes:
    return b"X:1\nM:none\nK:C\n" + _rows(b"C", 8_000)


@_giant
def _abc_one_long_note() -> bytes:
    return (
        b"X:1\nK:C\nC999999999999999999999 D/" + b"/" * 60_000 + b"\nE" + b"'" * 60_000 + b"\n" + b"^" * 60_000 + b"F|"
    )


@_giant
def _kern_blanks_without_end() -> bytes:
    return b"**kern\t**kern" + b" " * 40_000_000 + b"\n4c\t4d\n*-\t*-\n"
