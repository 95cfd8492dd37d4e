"""The weights of `meter_features.py`, group by group; fitted and written by `tests/benchmarks/bench_meter.py`.

Maximum likelihood (ridge 2) on 3,310 pieces of free corpora, each up to its first change of meter: Bach's chorales,
Mutopia's keyboard pieces, OpenScore's songs and quartets, Chopin, Polish keyboard music of the 19th century.
"""

from __future__ import annotations

WEIGHTS: dict[str, tuple[float, ...]] = {
    "is": (1.20, 1.06, 2.68, 1.18, 1.26, 1.12, -1.49, -1.60, -1.16, -0.75),
    "busy": (0.58, -0.46, -0.57, -0.14, -0.25, -0.60, 0.51, 0.53, 1.15, -1.17),
    "fine": (3.83, 6.23, 3.02, -0.23, 4.50, 3.85, -0.79, 0.59, -6.30, -3.26),
    "bar": (0.74, 4.66, -0.79, -0.06, -0.88, 3.39),
    "middle": (-0.82, 0.05, 0.45, 0.27, 0.11, 0.52),
    "hemiola": (1.47, -2.07, 0.54, -0.14, -0.05, -0.68),
    "beat": (-0.76, 1.55, -0.31, -0.37, 0.37, -2.24),
    "division": (-0.22, 1.21, -0.32, -0.03, 0.11, -2.75),
    "compound_beat": (-1.04, 2.66, -0.53, -0.05, -0.31, 0.90),
    "compound_division": (-0.62, -0.92, 0.67, -0.42, 0.43, -1.59),
    "early": (-0.60, 0.49, -0.71, 0.15, -0.48, 0.11),
    "uneven": (0.35, 0.09, 0.09, -1.10, -0.21, -0.26),
    "again_beat": (5.79, 1.83, 2.31),
    "again_bar": (-0.70, 1.55, 0.37),
    "again_2_bars": (5.99, 1.43, -0.66),
    "again_4_bars": (2.63, 3.75, -0.80),
    "peak": (2.82, 1.52, -0.65),
    "lasts": (-11.01, 0.70, 1.44, 0.22, 0.59, 2.91),
    "bass_lasts": (2.61, -0.04, -0.38, 6.07),
    "ends": (-0.11, -0.75, -1.83, 1.75, -0.07, 0.45, 0.42, 3.18, 2.95, -0.09),
}
