"""MusicXML → engraved pages as SVG, by verovio.

What it is: the page layout (A4, margins, size of the staves), a title block of our own, since verovio's leaves out the
composer, page numbers, and the small print at the foot of the first page. The pages hold no foreign font: texts are
plain and note signs among them are outlines (`svg_text`), so that every program shows them alike.

Conventions: verovio counts in tenths of a millimetre, and its SVG in hundredths. Ids are drawn from a fixed seed: the
same MusicXML gives the same pages, in any process and in any thread.

Contents: `Heading`, `engrave`, `engrave_systems`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from composer.errors import OptionError, printable
from composer.export.svg_text import with_plain_text

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210, 297  # A4
STAFF_MM = 6.8  # height of a staff that stands alone or is one of two
SCORE_STAFF_MM = 5.8  # in scores of more staves, of which more must fit on a page
_MARGIN_MM = 15
_MAX_SMALL_PRINT = 120  # characters; more would not fit on a line
_OPTIONS = {
    "breaks": "auto",
    "breaksNoWidow": True,
    "font": "Leipzig",
    "footer": "encoded",
    "header": "encoded",
    "justifyVertically": True,
    "multiRestStyle": "block",
    "pageHeight": 10 * PAGE_HEIGHT_MM,
    "pageMarginBottom": 10 * _MARGIN_MM,
    "pageMarginLeft": 10 * _MARGIN_MM,
    "pageMarginRight": 10 * _MARGIN_MM,
    "pageMarginTop": 10 * _MARGIN_MM,
    "pageWidth": 10 * PAGE_WIDTH_MM,
    "scale": 50,
    "smuflTextFont": "none",  # `with_plain_text` draws its signs
    "svgFormatRaw": True,
    "svgRemoveXlink": True,
    "svgViewBox": True,
    "xmlIdSeed": 1,  # 0 would be another one each time
}
_ONE_SYSTEM = {  # a page takes one system at least, however low it is, and then grows round it
    "adjustPageHeight": True,
    "breaksNoWidow": False,
    "footer": "none",
    "header": "none",
    "justifyVertically": False,
    "pageHeight": 100,
    "pageMarginBottom": 30,
    "pageMarginLeft": 10,
    "pageMarginRight": 10,
    "pageMarginTop": 30,
}
_MEND = "write .musicxml, and open it in a notation program"


@dataclass(frozen=True)
class Heading:
    """What stands on the first page besides the music.

    Attributes:
        title: in the middle.
        composer: below it, on the right.
        part: whose part this is, on the left; empty on a score.
        small_print: at the foot.
    """

    title: str = ""
    composer: str = ""
    part: str = ""
    small_print: str = ""


def engrave(musicxml: bytes, heading: Heading, *, staff_mm: float = STAFF_MM) -> tuple[str, ...]:
    """Return the pages of a sheet as SVG documents, of A4's proportions.

    Args:
        musicxml: plain, as `musicxml_bytes` makes it.
        heading: of the first page.
        staff_mm: height of a staff, 3.6 to 9.6.

    Raises:
        OptionError: verovio cannot read it.
    """
    toolkit = _toolkit(staff_mm)
    # Twice: what MusicXML has for a title block has no sizes when verovio reads it, MEI has.
    if not toolkit.loadData(musicxml.decode()) or not toolkit.loadData(_headed(toolkit.getMEI(), heading)):
        raise OptionError("this piece cannot be engraved", mend=_MEND)
    return tuple(with_plain_text(toolkit.renderToSVG(page)) for page in range(1, toolkit.getPageCount() + 1))


def engrave_systems(musicxml: bytes, *, width_mm: float, staff_mm: float = STAFF_MM) -> tuple[str, ...]:
    """Return each system as an SVG document of its own, without title and page numbers, for a screen.

    Bars and note heads keep the ids that they have in the file.

    Args:
        musicxml: as `musicxml_with_ids` makes it.
        width_mm: of a system, 10 to 10,000.
        staff_mm: height of a staff, 3.6 to 9.6.

    Raises:
        OptionError: verovio cannot read it.
    """
    toolkit = _toolkit(staff_mm)
    toolkit.setOptions(_ONE_SYSTEM | {"pageWidth": round(10 * width_mm)})
    if not toolkit.loadData(musicxml.decode()):
        raise OptionError("this piece cannot be engraved", mend=_MEND)
    return tuple(with_plain_text(toolkit.renderToSVG(page)) for page in range(1, toolkit.getPageCount() + 1))


def _toolkit(staff_mm: float) -> Any:
    import verovio

    # Created in another thread than the one that imported it, a toolkit does not find its fonts by itself.
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    verovio.enableLog(verovio.LOG_OFF)  # it would write past Python, to the process's stderr
    toolkit.setOptions({**_OPTIONS, "unit": staff_mm * 10 / 8})
    return toolkit


def _headed(mei: str, heading: Heading) -> str:
    """Return MEI with our title block, page numbers and small print in its score definition."""
    lines = [
        _line(heading.title, "center", "top", 'fontsize="22pt"'),
        _line(heading.part, "left", "bottom", 'fontsize="12pt"'),
        _line(heading.composer, "right", "bottom", 'fontsize="11pt"'),
    ]
    block = f'<pgHead func="first">{"".join(lines)}</pgHead>' if any(lines) else ""
    block += '<pgHead func="all"><rend halign="center" valign="top"><num label="page">#</num></rend></pgHead>'
    small_print = heading.small_print[:_MAX_SMALL_PRINT]
    if small_print:
        line = _line(small_print, "center", "bottom", 'fontsize="8pt"')
        block += f'<pgFoot func="first">{line}</pgFoot>'
    if heading.part:
        mei = re.sub(r"<label\b.*?</label>", "", mei, flags=re.DOTALL)  # it would say the same beside the staff
    return re.sub(r"<scoreDef\b[^>]*>", lambda found: found[0] + block, mei, count=1)


def _line(text: str, across: str, down: str, size: str) -> str:
    return f'<rend halign="{across}" valign="{down}" {size}>{escape(printable(text))}</rend>' if text else ""
