"""Who made an ABC tune, and whose it is: title, composer, source and rights from its fields."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from composer.corpus.statements import joined, says_rights

_MNEMONIC = re.compile(r"\\([`'^~\",vu])([A-Za-z])")  # TeX's accents (ABC 2.1, section 8)
_COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", ",": "\u0327", "v": "\u030c",
    "u": "\u0306",
}  # fmt: skip


@dataclass(slots=True)
class AbcCredits:
    """Takes the fields of a header.

    Attributes:
        title, composer: the first T: and C:.
    """

    title: str = ""
    composer: str = ""
    _rights: list[str] = field(default_factory=list)
    _origin: dict[str, list[str]] = field(default_factory=dict)

    def take(self, name: str, value: str) -> None:
        """Take a field; the ones that say nothing here are passed over."""
        value = plain_text(value)
        if not value:
            return
        if name == "T":
            self.title = self.title or value[:200]
        elif name == "C":
            self.composer = self.composer or value[:200]
        elif name in "ZNH" and says_rights(value):
            self.take_rights(value)
        elif name in "BSFZ":
            self._origin.setdefault(name, []).append(value)

    def take_rights(self, value: str) -> None:
        """Take a line that states rights."""
        value = plain_text(value)
        self._rights.append(value)

    def rights(self) -> str:
        """Return the licence or copyright as stated, or an empty string."""
        return joined(self._rights)

    def origin(self) -> str:
        """Return book (B:), source (S:), address (F:) and transcription (Z:), or an empty string."""
        return joined(text for name in "BSFZ" for text in self._origin.get(name, ()))


def plain_text(text: str) -> str:
    """Return a text with TeX's accents as letters, and single blanks."""
    text = _MNEMONIC.sub(lambda found: unicodedata.normalize("NFC", found[2] + _COMBINING[found[1]]), text)
    return " ".join(text.replace("\\%", "%").replace("\\&", "&").split())
