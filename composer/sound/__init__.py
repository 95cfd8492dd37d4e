"""Sound from a Performance: sound fonts, a sampler, a hall, the loudness of a recording, sound files."""

from __future__ import annotations

from composer.sound.audio_file import AUDIO_EXTENSIONS
from composer.sound.rendering import Rendering, check_soundfont, render

__all__ = ["AUDIO_EXTENSIONS", "Rendering", "check_soundfont", "render"]
