"""Simulated electrical conditions: voltages, currents, frequency, power factors. None of them is measured.

Everything is a smooth, deterministic function of time and power, so that history, backfill and live posts agree.
"""

from dataclasses import dataclass

import numpy as np

from demo.replay import Flags, Floats

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Supply:
    """Nominal voltage (V, as the meters measure), nominal frequency (Hz), and phases of the connections."""

    voltage_v: float
    frequency_hz: float
    phases: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Something that happens once a day for `length_s`, at a time within `earliest_s`..`latest_s` of the UTC day."""

    length_s: int
    earliest_s: int
    latest_s: int
    salt: int


DIP = Daily(length_s=12 * 60, earliest_s=7 * 3600, latest_s=18 * 3600, salt=11)
OUTAGE = Daily(length_s=25 * 60, earliest_s=6 * 3600, latest_s=20 * 3600, salt=29)

# Of the second phase of a connection of three: about three days a week, for longer than a mean of ten minutes.
PHASE_SAG = Daily(length_s=40 * 60, earliest_s=8 * 3600, latest_s=20 * 3600, salt=17)
SAG_EVERY_DAYS, DEEP_EVERY_DAYS = 3, 7
SAG_SHARE, DEEP_SHARE = 0.12, 0.165  # of the nominal voltage; the deep ones go below EN 50160's −15 %

DIP_SHARE = 0.12  # of the nominal voltage: below EN 50160's −10 %, above its −15 %
WAVES_S = (61.0, 317.0, 1777.0, 6311.0)  # periods without a common multiple within a day
PHASE_STEP = 2.399963  # the golden angle: meters side by side never move together


def in_daily(seconds: Floats, daily: Daily) -> Flags:
    """Whether the moments lie in that day's occurrence, whose time of day differs from day to day."""
    day = np.floor(seconds / DAY_S)
    share = np.mod((day + daily.salt) * 0.6180339887, 1.0)
    start = day * DAY_S + np.floor(daily.earliest_s + share * (daily.latest_s - daily.earliest_s))
    return np.asarray((seconds >= start) & (seconds < start + daily.length_s))


def phase_sag(seconds: Floats) -> Floats:
    """By how much of the nominal voltage the second phase is lower at the moments; 0 but for the sags."""
    day = np.floor(seconds / DAY_S)
    share = np.where(np.mod(day, DEEP_EVERY_DAYS) == 0, DEEP_SHARE, SAG_SHARE)
    sags = in_daily(seconds, PHASE_SAG) & ((np.mod(day, SAG_EVERY_DAYS) == 0) | (np.mod(day, DEEP_EVERY_DAYS) == 0))
    return np.asarray(np.where(sags, share, 0.0))


def levels(
    supply: Supply, seconds: Floats, power: Floats, rating: Floats, power_factor: Floats, dips: Flags
) -> dict[str, Floats]:
    """What meters show at the moments, by quantity, each (moments, meters).

    Args:
        supply: what the meters are connected to.
        seconds: the moments, (moments,).
        power: kW, (moments, meters).
        rating: kW, (meters,).
        power_factor: each meter's usual power factor at full load, (meters,).
        dips: whether the meter's voltage sags once a day, (meters,).
    """
    load = np.abs(power) / rating
    phase = np.arange(power.shape[1]) * PHASE_STEP
    sway = sum(np.sin(2 * np.pi * seconds[:, None] / period + phase * (1 + i)) / 4 for i, period in enumerate(WAVES_S))
    day = np.sin(2 * np.pi * (seconds[:, None] / DAY_S - 0.2))
    sag = (in_daily(seconds, DIP)[:, None] & dips) * DIP_SHARE
    voltage = supply.voltage_v * (1.012 - 0.03 * np.clip(load, 0, 1) - 0.006 * day + 0.004 * sway - sag)
    factor = np.clip(power_factor - 0.025 * (1 - np.clip(load, 0, 1)) + 0.006 * sway, 0.5, 1.0)
    # One frequency for a whole grid.
    swing = sum(np.sin(2 * np.pi * seconds / period + i) / 4 for i, period in enumerate(WAVES_S))
    frequency = supply.frequency_hz * (1 + 0.0016 * np.asarray(swing))
    current = np.abs(power) * 1000 / (supply.phases * voltage * factor)
    tilt = 0.03 * np.asarray(sway)
    lean = 0.005 * np.asarray(sway)  # of the phases against each other
    sagging = phase_sag(seconds)[:, None]
    return {
        "load_pct": np.minimum(load * 100, 200.0),
        "voltage_v": np.asarray(voltage),
        "voltage_l1_v": np.asarray(voltage),
        "voltage_l2_v": np.asarray(voltage * (1 - lean) - supply.voltage_v * sagging),
        "voltage_l3_v": np.asarray(voltage * (1 + lean)),
        "power_factor": np.asarray(factor),
        "frequency_hz": np.repeat(frequency[:, None], power.shape[1], axis=1),
        "current_a": np.asarray(current),
        "current_l1_a": np.asarray(current * (1 + tilt)),
        "current_l2_a": np.asarray(current * (1 - tilt / 2)),
        "current_l3_a": np.asarray(current * (1 - tilt / 2)),
    }
