"""A source of notes for tests: planned chords struck on each beat, one note between; no network, no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from composer.fill.particles import Chunk, Stretch
from composer.roll.pins import HELD, SILENT, STRUCK

BASS_GOAL, SHARE = 48, 0.3  # MIDI pitch near which the bass stands; of the chord's notes that are struck above it


class FakeSource:
    """Obeys pins and `allowed`; the rest is drawn from the chord of the facts and the reference bar."""

    num_particles = 4
    num_pitches = 56

    def start(self, stretch: Stretch) -> Any:
        return np.zeros((self.num_particles, self.num_pitches), bool)

    def gather(self, states: Sequence[Any], indices: np.ndarray) -> Any:
        return np.concatenate(states)[indices]

    def run(self, state: Any, stretch: Stretch, first: int, end: int, uniforms: np.ndarray) -> tuple[Chunk, Any]:
        play = np.zeros((self.num_particles, end - first, self.num_pitches), bool)
        struck = np.zeros_like(play)
        for step in range(first, end):
            code, allowed, facts = stretch.pins.code[step], stretch.allowed[step], stretch.facts
            strength = int(facts.strength[step])
            planned = int(facts.onsets_x8[step].sum())  # both hands, in eighths of an onset a beat
            share = SHARE * (0.5 + planned / 64 if planned >= 0 else 1.0)
            fresh = (uniforms[step - first, :, :, 0] < (share, share / 3)[strength < 2]) & _chord(stretch, step)
            fresh |= stretch.reference.articulate[step] & (uniforms[step - first, :, :, 1] < 0.5)
            if strength >= 2:
                fresh[:, _bass(stretch, step)] = True
            free = allowed & (code == 0)
            may_begin = free & stretch.strike_allowed[step]
            new = fresh & may_begin if strength >= 1 else np.zeros_like(fresh)
            held = state & free & ~new & (strength < 2)
            cells = new | held | (code == STRUCK) | (code == HELD)
            play[:, step - first] = cells & (code != SILENT)
            struck[:, step - first] = cells & (new | (code == STRUCK) | ~state)
            state = cells
        hand = 1 / (1 + np.exp((60.0 - stretch.low_pitch - np.arange(self.num_pitches)) / 2))
        upper = np.broadcast_to(hand.astype(np.float32), play.shape)
        return Chunk(play, struck, upper), state


def _chord(stretch: Stretch, step: int) -> np.ndarray:
    """Return the members of the chord in the middle register."""
    midi = stretch.low_pitch + np.arange(stretch.allowed.shape[1])
    members = int(stretch.facts.chord_members[step]) or 0b101010110101  # no chord told: C major's scale
    return (members >> midi % 12 & 1).astype(bool) & (midi >= 57) & (midi <= 79)


def _bass(stretch: Stretch, step: int) -> int:
    """Return the index of the chord's bass nearest to `BASS_GOAL`; of a line, of a note where lines lie."""
    bass = max(int(stretch.facts.chord_bass[step]), 0)
    goal = 72 if stretch.is_line else BASS_GOAL
    return goal + (bass - goal + 6) % 12 - 6 - stretch.low_pitch
