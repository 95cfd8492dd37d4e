"""The generators of a sound font that are heard here: their numbers, defaults, bounds, and units in plain numbers.

Source: SoundFont Technical Specification 2.04, sections 8.1.2 and 8.1.3. Times are timecents (1,200 to an octave of
seconds), levels centibels, cutoffs absolute cents (from 8.176 Hz). Not in use: chorus and reverb sends (the hall is
one for all), exclusive classes (drums).
"""

from __future__ import annotations

START, END, LOOP_START, LOOP_END = 0, 1, 2, 3  # frames to be added to the sample's own
START_COARSE, END_COARSE, LOOP_START_COARSE, LOOP_END_COARSE = 4, 12, 45, 50  # the same in 32,768 frames
MOD_LFO_TO_PITCH, VIBRATO_TO_PITCH, MOD_ENVELOPE_TO_PITCH = 5, 6, 7
FILTER_CUTOFF, FILTER_Q, MOD_LFO_TO_FILTER, MOD_ENVELOPE_TO_FILTER, MOD_LFO_TO_VOLUME = 8, 9, 10, 11, 13
PAN = 17
MOD_LFO_DELAY, MOD_LFO_RATE, VIBRATO_DELAY, VIBRATO_RATE = 21, 22, 23, 24
MOD_ENVELOPE_SUSTAIN = 29
DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE, KEY_TO_HOLD, KEY_TO_DECAY = 33, 34, 35, 36, 37, 38, 39, 40
INSTRUMENT, KEY_RANGE, VELOCITY_RANGE, KEY, VELOCITY, ATTENUATION = 41, 43, 44, 46, 47, 48
COARSE_TUNE, FINE_TUNE, SAMPLE, SAMPLE_MODE, SCALE_TUNING, ROOT_KEY = 51, 52, 53, 54, 56, 58

NEVER = -12_000  # timecents: no time at all (a thousandth of a second)
# generator -> (default, least, most)
BOUNDS = {
    START: (0, -(2**31), 2**31),
    END: (0, -(2**31), 2**31),
    LOOP_START: (0, -(2**31), 2**31),
    LOOP_END: (0, -(2**31), 2**31),
    START_COARSE: (0, -(2**15), 2**15),
    END_COARSE: (0, -(2**15), 2**15),
    LOOP_START_COARSE: (0, -(2**15), 2**15),
    LOOP_END_COARSE: (0, -(2**15), 2**15),
    MOD_LFO_TO_PITCH: (0, -12_000, 12_000),
    VIBRATO_TO_PITCH: (0, -12_000, 12_000),
    MOD_ENVELOPE_TO_PITCH: (0, -12_000, 12_000),
    FILTER_CUTOFF: (13_500, 1_500, 13_500),
    FILTER_Q: (0, 0, 960),
    MOD_ENVELOPE_TO_FILTER: (0, -12_000, 12_000),
    MOD_LFO_TO_VOLUME: (0, -960, 960),
    PAN: (0, -500, 500),
    MOD_LFO_DELAY: (NEVER, NEVER, 5_000),
    MOD_LFO_RATE: (0, -16_000, 4_500),
    VIBRATO_DELAY: (NEVER, NEVER, 5_000),
    VIBRATO_RATE: (0, -16_000, 4_500),
    MOD_ENVELOPE_SUSTAIN: (0, 0, 1_000),
    DELAY: (NEVER, NEVER, 5_000),
    ATTACK: (NEVER, NEVER, 8_000),
    HOLD: (NEVER, NEVER, 5_000),
    DECAY: (NEVER, NEVER, 8_000),
    SUSTAIN: (0, 0, 1_440),
    RELEASE: (NEVER, NEVER, 8_000),
    KEY_TO_HOLD: (0, -1_200, 1_200),
    KEY_TO_DECAY: (0, -1_200, 1_200),
    KEY: (-1, -1, 127),
    VELOCITY: (-1, -1, 127),
    ATTENUATION: (0, 0, 1_440),
    COARSE_TUNE: (0, -120, 120),
    FINE_TUNE: (0, -99, 99),
    SAMPLE_MODE: (0, 0, 3),
    SCALE_TUNING: (100, 0, 1_200),
    ROOT_KEY: (-1, -1, 127),
}
# What a preset does not add to, because it says which sound it is (specification, section 8.5).
INSTRUMENT_ONLY = {
    *(START, END, LOOP_START, LOOP_END, START_COARSE, END_COARSE, LOOP_START_COARSE, LOOP_END_COARSE),
    *(KEY, VELOCITY, SAMPLE_MODE, ROOT_KEY),
}


def seconds(timecents: float) -> float:
    """Return a time in seconds; 0 for the least one."""
    return 0.0 if timecents <= NEVER else float(2.0 ** (timecents / 1_200))


def hertz(cents: float) -> float:
    """Return an absolute frequency; 0 cents are 8.176 Hz (MIDI pitch 0)."""
    return float(8.175798915643707 * 2.0 ** (cents / 1_200))


def gain(centibels: float) -> float:
    """Return the factor of an attenuation."""
    return float(10.0 ** (-centibels / 200))
