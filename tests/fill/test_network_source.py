"""The trained network as the source: a small piece twice, and nothing of one particle in another."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from composer import pipeline
from composer.errors import OptionError
from composer.fill.network_source import NetworkSource
from composer.fill.particles import Stretch
from composer.network.adapters import Adapters
from composer.network.extended import extended
from composer.network.own_composer import OwnComposer, kernel_shapes
from composer.outline import ChordSpan, KeySpan
from composer.pipeline import filling
from composer.plan.model import SectionEntry
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.roll.facts import line_facts
from composer.roll.inputs import GROUPS
from composer.roll.pins import SILENT, STRUCK, make_pins
from composer.roll.reference import no_reference
from composer.style import load_style, styles_folder
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key

PLAN = """
plan: 1
form: ternary
style: bach
ensemble: keyboard
key: C major
meter: "3/4"
pickup: 0
seed: 5
themes:
  first: {bars: 4, type: chain, melody: "c2 e2 g2 | f2 d2 B2 | c2 e2 d2 | c6"}
sections:
  - {label: A, theme: first, bars: 4, key: I, cadence: PAC}
  - {label: B, theme: none, bars: 4, key: V, cadence: PAC}
"""


@pytest.fixture(scope="module")
def make_source():
    """Make sources that share one compiled sampler, as one process composing twice does."""
    assert (styles_folder() / "networks" / "composers.safetensors").is_file(), "the weights are part of the package"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    made, _ = filling.network_source(
        [load_style("bach")],
        ensemble="keyboard",
        temperature=1.0,
        guidance=1.5,
        style_guidance=1.0,
        device="cpu",
    )
    kept: dict[int, NetworkSource] = {}

    def make(setting):
        if setting.max_steps not in kept:
            kept[setting.max_steps] = made(setting)
        return kept[setting.max_steps]

    make.kept = kept
    return make


@pytest.fixture(scope="module")
def pieces(make_source):
    """The piece, the same again, and with another section B."""
    plan = resolve(parse_plan(PLAN))
    entry = SectionEntry(label="B", id="B", theme="none", bars=2, key="vi", cadence="HC", take=2)
    other = resolve(plan.model_copy(update={"sections": (plan.sections[0], entry)}))
    return [pipeline.fill_plan(which, make_source=make_source)[0] for which in (plan, plan, other)]


def test_the_same_plan_gives_the_same_notes(pieces):
    first, again, _ = pieces
    assert first == again
    assert len(list(first.score.notes())) > 30


def test_a_section_does_not_hear_the_other(pieces):
    first, _, other = pieces
    end = 12 * 10_080
    one, two = ([row for row in piece.score.notes() if row[1].onset_tick < end] for piece in (first, other))
    assert one == two
    assert list(first.score.notes()) != list(other.score.notes())


def test_the_tune_stands_note_for_note_on_top(pieces):
    tune = [72, 76, 79, 77, 74, 71, 72, 76, 74, 72]
    notes = [note for _, note in pieces[0].score.notes()]
    for quarter, pitch in enumerate(tune):
        assert max(note.pitch for note in notes if note.onset_tick == quarter * 10_080) == pitch


def test_a_network_is_loaded_once_until_its_file_is_another(tmp_path):
    folder = styles_folder() / "networks"
    path = tmp_path / "composers.safetensors"
    for ending in (".safetensors", ".yaml"):
        path.with_suffix(ending).write_bytes((folder / path.name).with_suffix(ending).read_bytes())
    one, again = filling._ready(path, [])[1], filling._ready(path, [])[1]
    assert one is again
    os.utime(path, ns=(1, 1))
    assert filling._ready(path, [])[1] is not one
    assert len(filling._READY) <= 2


@pytest.fixture
def stretch(facts_in):
    steps, code = 12, np.zeros((12, 56), np.int8)
    code[0, 60 - 33], code[4, 64 - 33], code[8:, 40:] = STRUCK, STRUCK, SILENT
    return Stretch(
        facts=facts_in("3/4"),
        pins=make_pins(code),
        reference=no_reference(steps, 56),
        allowed=np.arange(56)[None, :].repeat(steps, axis=0) >= 10,
        bars=((0, 12),),
        lead_in_steps=0,
        phrase_ends=frozenset({0}),
        ensemble="keyboard",
        style=(("bach", 1.0),),
        low_pitch=33,
    )


def test_particles_do_not_touch_each_other(pieces, make_source, stretch):
    source = make_source.kept[12]
    uniforms = np.random.default_rng(2).random((12, source.num_particles, 56, 2), dtype=np.float32)
    changed = uniforms.copy()
    changed[:, 1:] = changed[:, 1:, ::-1]
    one, _ = source.run(source.start(stretch), stretch, 0, 12, uniforms)
    two, _ = source.run(source.start(stretch), stretch, 0, 12, changed)
    np.testing.assert_array_equal(one.play[0], two.play[0])
    np.testing.assert_array_equal(one.articulate[0], two.articulate[0])
    assert (one.play[1:] != two.play[1:]).any()


def test_pins_and_bounds_are_obeyed_by_every_particle(pieces, make_source, stretch):
    source = make_source.kept[12]
    uniforms = np.random.default_rng(3).random((12, source.num_particles, 56, 2), dtype=np.float32)
    chunk, _ = source.run(source.start(stretch), stretch, 0, 12, uniforms)
    assert chunk.articulate[:, 0, 60 - 33].all()
    assert chunk.articulate[:, 4, 64 - 33].all()
    assert not chunk.play[:, 8:, 40:].any()
    assert not chunk.play[:, :, :10].any()
    assert not (chunk.articulate & ~chunk.play).any()
    assert ((chunk.upper_hand >= 0) & (chunk.upper_hand <= 1)).all()


def test_gathered_particles_go_on_from_where_they_were(pieces, make_source, stretch):
    source = make_source.kept[12]
    uniforms = np.random.default_rng(4).random((12, source.num_particles, 56, 2), dtype=np.float32)
    _, state = source.run(source.start(stretch), stretch, 0, 4, uniforms[:4])
    same = source.gather([state], np.zeros(source.num_particles, int))
    alike = np.repeat(uniforms[4:8, :1], source.num_particles, axis=1)
    chunk, _ = source.run(same, stretch, 4, 8, alike)
    assert (chunk.play == chunk.play[:1]).all()
    apart, _ = source.run(state, stretch, 4, 8, uniforms[4:8])
    np.testing.assert_array_equal(chunk.play[0], apart.play[0])


def test_particles_of_several_batches_go_on_in_one(pieces, make_source, stretch):
    source = make_source.kept[12]
    numbers = np.random.default_rng(5).random((3, 4, source.num_particles, 56, 2), dtype=np.float32)
    states = [source.run(source.start(stretch), stretch, 0, 4, uniforms)[1] for uniforms in numbers[:2]]
    apart = [source.run(state, stretch, 4, 8, numbers[2])[0] for state in states]
    mixed = np.arange(source.num_particles) + source.num_particles * (np.arange(source.num_particles) % 2)
    chunk, _ = source.run(source.gather(states, mixed), stretch, 4, 8, numbers[2])
    for particle in range(source.num_particles):
        np.testing.assert_array_equal(chunk.play[particle], apart[particle % 2].play[particle])


def test_another_style_than_the_network_s_is_not_guessed(pieces, make_source, stretch):
    with pytest.raises(OptionError, match='no composer "nobody"'):
        make_source.kept[12].start(replace(stretch, style=(("nobody", 1.0),)))


@pytest.fixture
def listen(monkeypatch):
    """Make sources over a sampler that only listens; the list that comes along gets what each run was told."""
    heard: list[dict] = []

    class Listener:
        def __init__(self, network, **options):
            self.num_branches = options["num_branches"]

        def initial_state(self):
            return None

        def run(self, state, **told):
            heard.append({"num_branches": self.num_branches, **told})
            return SimpleNamespace(play=None, articulate=None, upper_hand=None, forced_log_probability=None), state

    monkeypatch.setattr("composer.network.sampler.Sampler", Listener)

    def source(**options):
        return NetworkSource(
            None,
            composers=("bach", "joplin"),
            ensembles=("keyboard", "line"),
            marginal_log_odds=None,
            num_particles=1,
            num_pitches=56,
            max_steps=12,
            device="cpu",
            **options,
        )

    return source, heard


NUMBERS = np.zeros((12, 1, 56, 2), np.float32)


def test_a_source_tells_only_what_it_may(listen, stretch, facts_in):
    """A network that may hear of the key alone gets the same inputs whatever chord is planned."""
    make, heard = listen

    def inputs(numeral: str, key: str, told: tuple[str, ...]) -> bytes:
        where = parse_key(key)
        chord = ChordSpan(0, 30240, parse_chord(numeral, "major"), where)
        source = make(told=told)
        planned = replace(stretch, facts=facts_in("3/4", keys=(KeySpan(0, 30240, where),), chords=(chord,)))
        source.run(source.start(planned), planned, 0, 12, NUMBERS)
        return b"".join(heard[-1][name].tobytes() for name in ("note_inputs", "step_inputs"))

    assert inputs("I", "C major", ()) == inputs("V", "G major", ())
    assert inputs("I", "C major", ("key",)) == inputs("V", "C major", ("key",)) != inputs("V", "G major", ("key",))
    assert inputs("I", "C major", GROUPS) != inputs("V", "C major", GROUPS)
    with pytest.raises(OptionError, match='no condition "chords"'):
        inputs("I", "C major", ("chords",))


def test_a_single_line_is_told_its_pace(listen, stretch):
    make, heard = listen
    source = make()
    for notes_a_beat in (1.0, 3.0, 3.0):
        planned = replace(stretch, ensemble="line", facts=line_facts(stretch.facts, notes_a_beat))
        source.run(source.start(planned), planned, 0, 12, NUMBERS)
    slow, fast, again = (told["step_inputs"].tobytes() for told in heard)
    assert slow != fast == again


def test_a_line_moves_as_it_is_told(pieces, make_source, stretch):
    source = make_source.kept[12]
    begun = []
    for notes_a_beat in (1.0, 3.0):
        free = replace(
            stretch,
            ensemble="line",
            facts=line_facts(stretch.facts, notes_a_beat),
            pins=make_pins(np.zeros((12, 56), np.int8)),
        )
        uniforms = np.random.default_rng(2).random((12, source.num_particles, 56, 2), dtype=np.float32)
        begun.append(int(source.run(source.start(free), free, 0, 12, uniforms)[0].articulate.sum()))
    assert begun[1] > 1.5 * begun[0] > 0


def test_adapters_sound_as_each_stretch_s_style_has_them(listen, stretch):
    make, heard = listen
    sounded = []
    source = make(adapters=SimpleNamespace(sound=lambda style: sounded.append((style, len(heard)))))
    mixed = replace(stretch, style=(("bach", 0.5), ("joplin", 0.5)))
    for each in (stretch, mixed):
        source.run(source.start(each), each, 0, 12, NUMBERS)
    assert sounded == [(stretch.style, 0), (mixed.style, 1)], "before each run"


def test_a_compiled_sampler_hears_the_kernels_of_the_style(stretch):
    loaded, _, _ = filling._ready(styles_folder() / "networks" / "composers.safetensors", [])
    config = loaded.card.network
    random = np.random.default_rng(3)
    factors = {
        name: tuple((0.3 * random.normal(size=size)).astype("float32") for size in ((rows, 2), (2, columns)))
        for name, (rows, columns) in kernel_shapes(config).items()
    }
    own = OwnComposer("mine", np.asarray(loaded.network.style_embedding)[0].copy(), {}, factors)
    network = extended(loaded.network, [own])
    adapters = Adapters(network, [own])
    uniforms = random.random((12, 2, 56, 2), dtype=np.float32)

    def drawn(name, source):
        told = replace(stretch, style=((name, 1.0),))
        return source.run(source.start(told), told, 0, 12, uniforms)[0].play

    first, second = (
        NetworkSource(
            network,
            composers=(*loaded.card.composers, "mine"),
            ensembles=loaded.card.ensembles,
            marginal_log_odds=None,
            num_particles=2,
            num_pitches=56,
            max_steps=12,
            adapters=adapters,
            device="cpu",
        )
        for _ in range(2)
    )
    known = loaded.card.composers[0]
    mine, plain, again = drawn("mine", first), drawn(known, second), drawn("mine", first)
    np.testing.assert_array_equal(mine, again)
    assert (mine != plain).any()
    np.testing.assert_array_equal(plain, drawn(known, second))


@pytest.mark.parametrize(
    ("guidance", "style_guidance", "plan_heard", "composer_heard"),
    [
        (1.0, 1.0, [1], [1]),
        (2.0, 1.0, [1, 0], [1, 1]),
        (2.0, 2.0, [1, 0], [1, 0]),
        (2.0, 3.0, [1, 0, 0], [1, 1, 0]),
        (1.0, 2.0, [1, 0, 0], [1, 1, 0]),
    ],
)
def test_only_the_branches_that_are_needed_run(
    listen, stretch, facts_in, guidance, style_guidance, plan_heard, composer_heard
):
    make, heard = listen
    source = make(guidance=guidance, style_guidance=style_guidance)
    key = parse_key("C major")
    planned = replace(stretch, facts=facts_in("3/4", keys=(KeySpan(0, 30240, key),)))
    source.run(source.start(planned), planned, 0, 12, NUMBERS)
    (told,) = heard
    assert told["num_branches"] == len(plan_heard)
    assert told["guidance"] == guidance
    assert told["style_guidance"] == (style_guidance if len(plan_heard) == 3 else 1.0)
    keyless = replace(stretch, facts=facts_in("3/4"))
    source.run(source.start(keyless), keyless, 0, 12, NUMBERS)
    unlike = (told["note_inputs"] != heard[-1]["note_inputs"]).any(axis=(1, 2, 3))
    assert unlike.tolist() == [bool(hears) for hears in plan_heard]
    np.testing.assert_array_equal(told["style_input"], [[hears, 0, 1, 0] for hears in composer_heard])


@pytest.mark.parametrize(("guidance", "factor", "asked"), [(1.5, 2.0, 2.0), (1.0, 2.0, 1.0), (3.0, 1.5, 4.0)])
def test_a_phrase_that_is_begun_again_is_guided_more_but_never_where_guidance_is_off(
    listen, stretch, guidance, factor, asked
):
    make, heard = listen
    again = replace(stretch, guidance_factor=factor)
    source = make(guidance=guidance, style_guidance=1.0)
    source.run(source.start(stretch), again, 0, 12, NUMBERS)
    assert heard[-1]["guidance"] == pytest.approx(asked)


def test_a_mix_is_weights_of_composers_that_sum_to_one(listen, stretch):
    """Two styles of one composer (bach and chorale) are together as much as one."""
    make, heard = listen
    mixed = replace(stretch, style=(("bach", 3.0), ("bach", 3.0), ("joplin", 2.0)))
    source = make()
    source.run(source.start(mixed), mixed, 0, 12, NUMBERS)
    np.testing.assert_allclose(heard[-1]["style_input"], [[0.75, 0.25, 1, 0]])


def test_the_style_may_change_along_a_stretch(listen, stretch):
    make, heard = listen
    half = (("bach", 1.0), ("joplin", 1.0))
    gliding = replace(stretch, style_changes=((4, half), (8, (("joplin", 1.0),))))
    source = make()
    state = source.start(gliding)
    for first in (0, 4, 8):
        source.run(state, gliding, first, first + 4, NUMBERS[:4])
    assert [told["style_input"][0, :2].tolist() for told in heard] == [[1, 0], [0.5, 0.5], [0, 1]]
    with pytest.raises(OptionError, match='no composer "nobody"'):
        source.start(replace(stretch, style_changes=((8, (("nobody", 1.0),)),)))
