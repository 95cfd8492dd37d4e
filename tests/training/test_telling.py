"""Facts about what a visit is told."""

from __future__ import annotations

from composer.training.telling import style_vector


def test_styles_are_weights_of_composers_and_one_ensemble() -> None:
    vector = style_vector(("bach", "joplin"), ("keyboard", "line"), (("bach", 3), ("joplin", 1)), "line")
    assert vector.tolist() == [0.75, 0.25, 0.0, 1.0]
    assert not style_vector(("bach",), ("keyboard",), (), "").any()
