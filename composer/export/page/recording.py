"""The sound of a page's takes: MP3s that can be sought in exactly, as good as the page's size allows.

What it is: browsers find a place in an MP3 by its share of the bytes, so that only a steady bit rate keeps sound and
sheet together.

Contents: `Recording`, `recordings_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from composer.sound import Rendering
from composer.sound.envelope import RATE_HZ

# (kilobits a second, in mono), the best first.
_QUALITIES = ((96, False), (80, False), (64, False), (56, True), (48, True), (40, True), (32, True))
_DELAY_FRAMES = 1105  # of encoder and decoder; a player that finds an Info tag takes them away
_TAG, _TAG_WITHIN = b"Info", 200


@dataclass(frozen=True)
class Recording:
    """A take as an MP3.

    Attributes:
        mp3: the file.
        lead_ms: how much later than meant its sound begins.
    """

    mp3: bytes
    lead_ms: int


def recordings_of(sounds: Sequence[Rendering], *, max_bytes: int) -> tuple[Recording, ...]:
    """Return the takes, all of one quality: the best with which they stay within `max_bytes` together.

    Sound that is too long even for the lowest quality is given in that.

    Raises:
        OptionError: this machine's libsndfile cannot encode MP3.
    """
    seconds = sum(sound.duration_sec for sound in sounds)
    fitting = (quality for quality in _QUALITIES if seconds * quality[0] * 1000 / 8 <= max_bytes)
    kbps, in_mono = next(fitting, _QUALITIES[-1])
    return tuple(_recording(sound.steady_mp3(kbps=kbps, in_mono=in_mono)) for sound in sounds)


def _recording(mp3: bytes) -> Recording:
    has_tag = _TAG in mp3[:_TAG_WITHIN]
    return Recording(mp3, 0 if has_tag else round(1000 * _DELAY_FRAMES / RATE_HZ))
