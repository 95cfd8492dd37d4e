"""A Score, a Performance or a composed piece as a notebook shows it: the engraved sheet and a player.

What it is: a value does not know its exporters, and `composer.score` lies far below this room. So nothing is written
into its class: when `composer` is imported in a notebook, the package's front tells IPython the *names* of the classes
and of the functions here (`for_type_by_name`); the class is looked for, and this module imported, when the first value
is shown. A piece that was composed lies above this room, and says by itself how it is shown.

Conventions: a MIME bundle: HTML, and a line of plain text in place of thousands of notes. Pages are pictures (SVG in
`data:`), so that two sheets in a notebook do not share ids or styles; the sound is an MP3, as good as fits into
`MAX_SOUND_BYTES`. No script, nothing fetched. A score that nobody plays is played by its composer's usual player,
repeats and all.

Contents: `shown_piece`, `shown_performance`, `shown_score`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from composer.export.finished import Finished
from composer.export.page.recording import recordings_of
from composer.export.sheets import Sheet, svg_pages
from composer.performance import Performance
from composer.score import Score
from composer.sound import render

MAX_SOUND_BYTES = 1_500_000  # of the MP3
MAX_SOUND_SEC = 600.0  # longer pieces are shown, not played
_PAGE_STYLE = "display:block;width:100%;max-width:52rem;margin:0 0 .5rem;background:#fff;border:1px solid #8884"


def shown_piece(finished: Finished, *, facts: Sequence[str] = ()) -> dict[str, str]:
    """Return a finished piece as a MIME bundle; `facts` stand below its title.

    Raises:
        OptionError: the score cannot be engraved, or the sound cannot be encoded.
        SoundFontError, OutputError: as `composer.sound.render`.
    """
    return _bundle(Sheet(*finished.printed, finished.jumps), finished.performance, finished=finished, facts=facts)


def shown_performance(performance: Performance) -> dict[str, str]:
    """Return a performance as a MIME bundle: the sheet of what is played, and how; errors as `shown_piece`."""
    from composer.analysis.outline import outline_of

    score = performance.score
    facts = [f"player {performance.player}, take {performance.take}"] if performance.player else []
    return _bundle(Sheet(score, outline_of(score)), performance, facts=facts)


def shown_score(score: Score) -> dict[str, str]:
    """Return a score as a MIME bundle; errors as `shown_piece`."""
    from composer.analysis.outline import outline_of
    from composer.corpus.unfold import unfold_repeats
    from composer.perform import perform
    from composer.perform.any_score import usual_player
    from composer.perform.own_players import player_and_part

    heard = unfold_repeats(score)
    outline = outline_of(heard)
    player, learned = player_and_part(usual_player(heard, outline))
    performance = perform(heard, outline, player=player, refinements=learned)
    return _bundle(Sheet(score, outline if heard is score else outline_of(score)), performance)


def _bundle(
    sheet: Sheet, performance: Performance, *, finished: Finished | None = None, facts: Sequence[str] = ()
) -> dict[str, str]:
    """Return what is shown; `finished` holds the sound already, or will."""
    score = sheet.score
    title = score.title or "Untitled"
    num_bars = len({bar.number for bar in score.bars if bar.number > 0})
    seconds = round(performance.duration_sec)
    length = f"{seconds // 60}:{seconds % 60:02}"
    told = " · ".join((*(facts or [f"{num_bars} bars"]), length))
    first, *others = (_picture(page, f"{title}, page {number}") for number, page in enumerate(svg_pages(sheet), 1))
    html = [
        f"<p><b>{escape(title)}</b><br><small>{escape(told)}</small></p>",
        _player(performance, finished),
        first,
    ]
    if others:
        count = "1 more page" if len(others) == 1 else f"{len(others)} more pages"
        html.append(f"<details><summary>{count}</summary>{''.join(others)}</details>")
    return {"text/html": f'<div class="ritornello">{"".join(html)}</div>', "text/plain": f"{title} ({told})"}


def _player(performance: Performance, finished: Finished | None) -> str:
    if performance.duration_sec > MAX_SOUND_SEC:
        return f"<p><small>longer than {MAX_SOUND_SEC / 60:g} minutes: write it as .mp3 to hear it</small></p>"
    if not performance.notes:
        return ""
    sound = render(performance) if finished is None else finished.sound
    (recording,) = recordings_of([sound], max_bytes=MAX_SOUND_BYTES)
    return f'<audio controls preload="none" src="{_data("audio/mpeg", recording.mp3)}"></audio>'


def _picture(svg: str, told: str) -> str:
    return f'<img alt="{escape(told)}" style="{_PAGE_STYLE}" src="{_data("image/svg+xml", svg.encode())}">'


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
