"""A run's log becomes a picture with a panel for each style."""

from __future__ import annotations

import json
from pathlib import Path

from composer.export.curves import draw_curves, read_log


def log_lines() -> list[dict[str, object]]:
    lines: list[dict[str, object]] = [{"update": 10 * number, "nats": 9.0 - number / 10} for number in range(40)]
    for update in (100, 200, 300):
        streams = {
            f"{told}, {style} keyboard": 5.0 - update / 100
            for told in ("told everything", "told nothing")
            for style in ("bach", "joplin")
        }
        lines.append({"update": update, "validation_streams": streams})
    return lines


def test_a_log_with_styles_is_drawn(tmp_path: Path) -> None:
    draw_curves(log_lines(), tmp_path / "curves.png")
    content = (tmp_path / "curves.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    draw_curves(log_lines(), tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == content, "the same log, the same bytes"
    fewer = [line for line in log_lines() if "nats" in line]
    draw_curves(fewer, tmp_path / "fewer.png")
    assert (tmp_path / "fewer.png").stat().st_size < len(content), "no panel of a style"


def test_a_torn_line_is_left_out(tmp_path: Path) -> None:
    whole = "".join(json.dumps(line) + "\n" for line in log_lines())
    (tmp_path / "log.jsonl").write_text(whole + '{"update": 99, "na')
    assert read_log(tmp_path / "log.jsonl") == log_lines()


def test_a_log_is_drawn_in_vectors_and_what_is_no_entry_left_out(tmp_path: Path) -> None:
    draw_curves(log_lines(), tmp_path / "curves.svg")
    assert b"<svg" in (tmp_path / "curves.svg").read_bytes()
    (tmp_path / "log.jsonl").write_text('[1, 2]\n7\n{"update": 1, "nats": 2.0}\n')
    assert read_log(tmp_path / "log.jsonl") == [{"update": 1, "nats": 2.0}]
