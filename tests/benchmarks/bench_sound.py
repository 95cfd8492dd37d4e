"""Sound: how fast, how loud, how like FluidSynth's, and what damaged sound fonts come to.

Run by hand, on a quiet machine, with the data in the folder that RITORNELLO_DATA names (`corpora/mutopia`,
`corpora/quartets`, `corpora/chorales`, `corpora/lieder`):

    RITORNELLO_DATA=… python tests/benchmarks/bench_sound.py [--pieces 3] [--only speed fluidsynth hostile]

- `speed`: seconds of sound for each second, wall and processor, rendered and in the file (WAV); for other formats how
  long encoding takes. Loudness before the gain, loudest frame, level of the last 50 ms.
- `fluidsynth`: the same performance and font through FluidSynth, both dry: its speed (that of the command, with
  starting it), and the correlation of both spectra over time (64 bands, decibels, what lies less than 80 dB below the
  loudest) and of loudness over time.
- `hostile`: the bundled font and a small SF2, damaged at random places: how many are refused, how many play, how many
  end otherwise; the longest time and the most memory of one.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from music_folder import music_folder
from numpy.typing import NDArray

from composer.analysis.outline import outline_of
from composer.corpus.reader import read_score
from composer.errors import ComposerError
from composer.export.midi import midi_bytes
from composer.perform import perform
from composer.perform.any_score import usual_player, with_instruments
from composer.performance import Performance
from composer.sound import AUDIO_EXTENSIONS, render
from composer.sound.envelope import RATE_HZ
from composer.sound.fluidsynth import fluidsynth_command
from composer.sound.instruments import bundled_soundfont
from composer.sound.mixing import mixed_blocks
from composer.sound.regions import Struck
from composer.sound.soundfont import read_soundfont
from composer.sound.tones import Tones
from composer.sound.voices import voices_of

CORPORA = {"mutopia": "*.mid", "quartets": "*.m*x*", "chorales": "*.*x*", "lieder": "*.m*x*"}
LONGEST_SEC = 300.0
LEAST_NOTES, MOST_NOTES = 150, 3_500
Stereo = NDArray[np.float32]


def performances(data: Path, count: int) -> Iterator[tuple[str, Performance]]:
    """Give pieces of each corpus as their players play them, chosen evenly."""
    for corpus, pattern in CORPORA.items():
        paths = sorted(path for path in (data / "corpora" / corpus).rglob(pattern) if path.is_file())
        found = 0
        for path in random.Random(7).sample(paths, len(paths)):
            try:
                score = with_instruments(read_score(path, unfold=True).score)
            except ComposerError:
                continue
            if not LEAST_NOTES < sum(len(part.notes) for part in score.parts) < MOST_NOTES:
                continue
            outline = outline_of(score)
            player = usual_player(score, outline, file_name=path.stem)
            performance = perform(score, outline, player=player, take=1, expression=1.0)
            if 30 < performance.duration_sec < LONGEST_SEC:
                yield f"{corpus} {path.stem[:24]}", performance
                found += 1
            if found == count:
                break


def speed(name: str, performance: Performance) -> tuple[float, float]:
    """Print a line about one piece; return its length and the seconds that a WAV took."""
    wall, processor = time.perf_counter(), time.process_time()
    rendering = render(performance)
    rendering.encoded(".wav")
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    encoding = []
    for extension in AUDIO_EXTENSIONS[1:]:
        begun = time.process_time()
        rendering.encoded(extension)
        encoding.append(f"{extension[1:]} {time.process_time() - begun:.1f} s")
    sound = np.concatenate(list(rendering.blocks()), axis=1)
    peak_db = 20 * np.log10(np.abs(sound).max())
    end_db = 20 * np.log10(np.abs(sound[:, -RATE_HZ // 20 :]).max() + 1e-9)
    print(
        f"{name:34} {rendering.duration_sec:5.0f} s, {len(performance.notes):5} notes: "
        f"{rendering.duration_sec / wall:4.0f} x real time, {rendering.duration_sec / processor:4.0f} x processor; "
        f"{', '.join(encoding)}; {rendering.loudness_lufs:5.1f} LUFS {rendering.gain_db:+5.1f} dB, "
        f"peak {peak_db:.1f}, end {end_db:.0f} dB"
    )
    return rendering.duration_sec, wall


def spectra(sound: Stereo) -> NDArray[np.float64]:
    """Return levels in dB, [time, band]."""
    frames = np.lib.stride_tricks.sliding_window_view(sound.mean(axis=0), 4096)[::2048]
    power = np.abs(np.fft.rfft(frames * np.hanning(4096))) ** 2
    edges = np.geomspace(2, 1100, 65).astype(int)
    bands = [power[:, low : max(low + 1, high)].mean(axis=1) for low, high in pairwise(edges)]
    levels: NDArray[np.float64] = 10 * np.log10(np.stack(bands, axis=1) + 1e-12)
    return np.maximum(levels, levels.max() - 80)


def loudness(sound: Stereo) -> NDArray[np.float64]:
    """Return the level of each tenth of a second in dB."""
    steps = sound[:, : sound.shape[1] // 4410 * 4410].reshape(2, -1, 4410).astype(np.float64)
    levels: NDArray[np.float64] = 10 * np.log10((steps**2).mean(axis=(0, 2)) + 1e-8)
    return levels


def against_fluidsynth(name: str, performance: Performance, command: str) -> None:
    """Print how alike our sampler and FluidSynth are."""
    import soundfile

    path = bundled_soundfont()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.mid").write_bytes(midi_bytes(performance))
        begun = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        words = [command, "-niq", "-R0", "-C0", "-g", "0.5", "-r", str(RATE_HZ), "-O", "float", "-F", "a.wav"]
        subprocess.run([*words, str(path), "a.mid"], cwd=folder, check=True, capture_output=True)
        processor = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begun
        theirs = soundfile.read(Path(folder) / "a.wav", dtype="float32")[0].T
    font = read_soundfont(path)
    dry = [replace(voice, hall=0.0) for voice in voices_of(performance, font)]
    ours = np.concatenate(list(mixed_blocks(dry, font)), axis=1)
    size = min(ours.shape[1], theirs.shape[1])
    ours, theirs = ours[:, :size], theirs[:, :size]
    alike = np.corrcoef(spectra(ours).ravel(), spectra(theirs).ravel())[0, 1]
    levels = np.corrcoef(loudness(ours), loudness(theirs))[0, 1]
    print(
        f"{name:34} spectra {alike:.3f}, loudness {levels:.3f}; FluidSynth {size / RATE_HZ / processor:.0f} x processor"
    )


def hostile(count: int) -> None:
    """Damage fonts and count what becomes of them."""
    whole = bundled_soundfont().read_bytes()
    lists = whole.rindex(b"pdta")
    outcomes: Counter[str] = Counter()
    longest_sec = 0.0
    draw = random.Random(11)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.sf3"
        for _ in range(count):
            content = bytearray(whole)
            for _ in range(draw.choice((1, 3, 30, 300))):
                # Among the lists, the headers, or the sound.
                at = draw.choice((draw.randrange(lists, len(whole)), draw.randrange(400), draw.randrange(len(whole))))
                content[at] = draw.choice((0, 255, draw.randrange(256)))
            if draw.random() < 0.2:
                content = content[: draw.randrange(len(content))]
            path.write_bytes(content)
            begun = time.perf_counter()
            try:
                font = read_soundfont(path)
                tones = Tones(font)
                for preset in font.presets.values():
                    for region in Struck(font, preset).regions(60, 90):
                        tones.wave(region.tone, 0.5, 0, RATE_HZ)
                outcomes["play"] += 1
            except ComposerError:
                outcomes["are refused"] += 1
            except Exception as error:  # that is what is looked for
                outcomes[f"END IN {error!r}"[:100]] += 1
            longest_sec = max(longest_sec, time.perf_counter() - begun)
    told = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} damaged fonts: {told}; {longest_sec:.1f} s at most; {memory_mb:.0f} MB in all")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=3, help="of each corpus")
    parser.add_argument("--damaged", type=int, default=300)
    parser.add_argument("--only", nargs="*", default=["hostile", "speed", "fluidsynth"])
    options = parser.parse_args()
    if "hostile" in options.only:
        hostile(options.damaged)
    pieces: list[tuple[str, Performance]] = []
    if {"speed", "fluidsynth"} & set(options.only):
        pieces = list(performances(music_folder(), options.pieces))
    if "speed" in options.only:
        lengths, seconds = zip(*(speed(*piece) for piece in pieces), strict=True)
        print(f"together {sum(lengths) / sum(seconds):.0f} x real time")
        print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most, imports included")
    command = fluidsynth_command()
    if "fluidsynth" in options.only and command:
        for piece in pieces:
            against_fluidsynth(*piece, command)


if __name__ == "__main__":
    main()
