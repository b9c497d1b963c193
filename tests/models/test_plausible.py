"""What cannot be true is held, what follows decides, and a real reset is never swallowed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import energy, plausible
from models.plausible import BEYOND, FALL, JUMP, NO_NUMBER, Register, capacity, no_number, powers, registers

FRESH = capacity(None)
RATED = capacity(50.0)


def _said(values: list[float], can: plausible.Capacity = FRESH, seconds: float = 60.0) -> list[str]:
    return registers(np.arange(len(values)) * seconds, values, can, None, 2.5 * seconds).tolist()


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([19.150, 1255014.4, 19.151], ["", JUMP, ""]),
        ([655.35, 1310.71, 655.37], ["", JUMP, ""]),
        ([100.0, 4294967.295, 100.1], ["", NO_NUMBER, ""]),
        ([4294967.295, 100.0, 100.1], [NO_NUMBER, "", ""]),
        ([215.6, 215.6, 215.7, 215.6, 215.6], [""] * 5),
        ([3.0, 4.0, 0.5, 1.0, 1.5, 2.0], [""] * 6),
        ([100.0, 100.1, 90000.0], ["", "", JUMP]),
        ([100.0, 100.1, 90000.0, 90000.1, 90000.2, 90000.3], [""] * 6),
        ([], []),
        # It fell and stands again where it stood, later than that is passed over where it is counted: whatever it fell to.
        ([549.73, *[0.0] * 9, 549.75], ["", *[FALL] * 9, ""]),
        ([549.73, 0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 549.75, 549.76], ["", *[FALL] * 6, "", ""]),
        ([81.3, *[0.0813, 0.0814] * 3, 81.4], ["", *[FALL] * 6, ""]),
        # It goes on from there, or rises to where it stood reading by reading: it began again.
        ([549.73, *[0.0] * 9, 0.1, 0.2, 0.3], [""] * 13),
        ([1.0, *np.linspace(0.0, 1.05, 22)], [""] * 23),
    ],
)
def test_registers_of_the_field_are_judged_by_what_follows(values: list[float], codes: list[str]) -> None:
    assert _said(values) == codes


def test_a_register_that_fell_and_was_silent_is_told_by_what_it_says_next() -> None:
    day = 86_400.0
    for next_kwh, codes in ((103.0, ["", "", FALL, ""]), (2.0, [""] * 4), (900_000.0, [""] * 3 + [JUMP])):
        assert registers([0.0, 60.0, 120.0, day], [100.0, 100.1, 0.0, next_kwh], FRESH, None, 150.0).tolist() == codes


@pytest.mark.parametrize(
    ("weeks", "codes"),
    [
        ([3.7, 0.0, 3.9], ["", FALL, ""]),
        ([3.7, 0.0, 4.2], [""] * 3),  # from either: what follows tells
        ([3.7, 0.0, 4.2, 4.9], ["", FALL, "", ""]),
        ([3.7, 0.0, 4.2, 8.4], [""] * 4),  # so much each week: it began again
        ([3.7, 0.0, 4.2, 4.2], [""] * 4),
        ([3.7, 0.0, 4.2, 0.0, 4.9, 5.4], ["", "", "", FALL, "", ""]),
        ([430.0, 500.0, 0.0, 570.0], ["", "", FALL, ""]),
        ([500.0, 0.0, 0.0, 640.0, 720.0], ["", FALL, FALL, "", ""]),
        ([1.0, 5.0, 0.0, 6.0], [""] * 4),
        ([1.0, 5.0, 0.2, 9.0, 13.0], [""] * 5),
    ],
)
def test_a_register_that_is_read_seldom_and_rose_much_meanwhile_is_told_by_how_fast_it_rises(
    weeks: list[float], codes: list[str]
) -> None:
    assert registers(np.arange(len(weeks)) * 7 * 86_400.0, weeks, FRESH, None, 2250.0).tolist() == codes


def test_a_register_that_begins_again_every_hour_does_so_by_design() -> None:
    """Read twice between, it stands where it stood: that is no glitch."""
    assert _said([250.0, 750.0] * 12, FRESH, 1800.0) == [""] * 24


def test_more_powers_than_can_be_wrong_show_that_the_capacity_is_another() -> None:
    assert powers([5.0, 70.0, 5.0], RATED).tolist() == ["", BEYOND, ""]
    assert powers([5.0, 70.0, 70.0, 70.0, 70.0, 5.0], RATED).tolist() == [""] * 6
    assert powers([5.0, *[5000.0] * 9, 5.0], RATED).tolist() == ["", *[BEYOND] * 9, ""]
    assert powers([1.0, *[4294967.292] * 9], FRESH).tolist() == ["", *[NO_NUMBER] * 9]


@pytest.mark.parametrize("value", [4294967.295, 429496.7295, 42949.67295, 2147483.647, 4294967295.0])
def test_a_register_full_of_ones_is_no_number_at_any_decimal(value: float) -> None:
    assert no_number(value)
    assert no_number(-value)
    assert not no_number(value * 1.001)


def test_a_capacity_that_is_not_rated_is_learned() -> None:
    assert plausible.usual([]) == 0.0
    assert plausible.usual([11.77] * 12 + [771358.72] * 3) == 11.77
    assert plausible.usual(range(10_000)) == 9989
    assert capacity(None, 5.0, 500).kw == 100.0
    assert capacity(None, 0.1, 500).kw == 25.0, "a kettle is no fault"
    assert capacity(None, 0.1, 20).kw == 10_000.0
    assert capacity(10.0).kw == 12.0


SEEDS = st.integers(0, 2**32 - 1)
WRONG = (lambda kwh: kwh * 65536, lambda kwh: kwh * 1000, lambda kwh: kwh + 655_360.0, lambda _: 4294967.295)
CAPACITIES = (FRESH, RATED, capacity(None, 10.0, 500))


@settings(deadline=None)
@given(SEEDS)
def test_wherever_up_to_three_readings_are_wrong_what_is_counted_is_the_last_less_the_first(seed: int) -> None:
    random = np.random.default_rng(seed)
    seconds, count, length = random.choice([1, 10, 60, 300, 900, 3600]), random.integers(6, 30), random.integers(1, 4)
    moments = np.arange(count) * float(seconds)
    true = random.uniform(100, 1e6) + random.uniform(0, 20 * seconds / 3600, count).cumsum()
    first = random.integers(1, count - length)
    said = true.copy()
    said[first : first + length] = [WRONG[random.integers(4)](kwh) for kwh in true[first : first + length]]
    codes = registers(moments, said, CAPACITIES[random.integers(3)], None, 2.5 * seconds)
    assert np.flatnonzero(codes != "").tolist() == [*range(first, first + length)]
    counted = energy.counted(moments[codes == ""], said[codes == ""])
    assert counted[-1] == pytest.approx(true[-1] - true[0], abs=1e-6)


@settings(deadline=None)
@given(SEEDS)
def test_a_real_reset_is_never_swallowed(seed: int) -> None:
    random = np.random.default_rng(seed)
    seconds = random.choice([10, 60, 300, 900])
    most = 20 * seconds / 3600
    before, after = (random.uniform(0, most, random.integers(5, 20)).cumsum() for _ in range(2))
    said = np.concatenate([random.uniform(200 * most, 1e6) + before, after])
    codes = _said(said.tolist(), CAPACITIES[random.integers(3)], seconds)
    assert not any(codes)


@settings(deadline=None)
@given(SEEDS)
def test_readings_one_at_a_time_are_judged_as_all_of_them_at_once(seed: int) -> None:
    random = np.random.default_rng(seed)
    count, cut = random.integers(0, 30, 2)
    moments = random.integers(1, random.choice([60, 900, 7200]), count).cumsum().tolist()
    kinds = (
        random.uniform(0, 1, count).cumsum() + 100,
        random.uniform(0, 3e5, count),
        np.full(count, 4294967.295),
        np.zeros(count),
    )
    values = np.choose(random.choice(4, count, p=[0.7, 0.15, 0.05, 0.1]), kinds).tolist()
    register = Register(RATED, None, 150.0)
    for place, (s, kwh) in enumerate(zip(moments, values, strict=True)):
        now = register.add(float(s), kwh)
        assert now == register.codes[-1]
        if place + 1 == cut:
            assert register.codes == registers(moments[:cut], values[:cut], RATED, None, 150.0).tolist()
    assert register.codes == registers(moments, values, RATED, None, 150.0).tolist()


@settings(deadline=None)
@given(SEEDS)
def test_powers_within_a_capacity_are_believed_wherever_others_are_not(seed: int) -> None:
    random = np.random.default_rng(seed)
    said = np.insert(random.uniform(-60, 60, 40), random.integers(41), [771_358.72] * random.integers(1, 4))
    codes = powers(said, RATED)
    assert (codes[said == 771_358.72] == BEYOND).all()
    assert (codes[said != 771_358.72] == "").all()


@pytest.mark.parametrize(
    ("quantity", "values", "held"),
    [
        ("voltage_v", [231.2, 99_999.0, 230.8], [1]),
        ("voltage_v", [99_999.0, 230.8], [0]),
        ("voltage_v", [231.2, 65_535.0, 65_535.0, 65_535.0], [1, 2, 3]),
        ("voltage_v", [9_990.0, 9_999.0, 10_010.0], []),
        ("voltage_v", [640.0, 655.35, 660.0], []),
        ("voltage_v", [10_010.0, 655.35, 10_020.0], [1]),
        ("voltage_v", [], []),
        ("current_l1_a", [12.5, 6553.5, 13.0], [1]),
        ("current_a", [0.0, 3276.7, 0.0], [1]),
        ("current_a", [3276.8], [0]),
        ("current_a", [290.0, 0.0, 299.9], []),
        ("temperature_c", [21.4, -40.0, 21.5], [1]),
        ("temperature_c", [-38.5, -40.0, -41.2], []),
        ("temperature_c", [-40.0, -40.0, -39.4], []),
        ("temperature_c", [21.4, (-40 - 32) / 1.8, 21.5], [1]),
        ("temperature_c", [640.0, 999.9, 650.0], [1]),
        ("irradiance_w_m2", [985.0, 999.0, 1010.0], []),
        ("load_pct", [42.0, 100.0, 43.0], []),
    ],
)
def test_what_devices_send_of_a_condition_without_a_value_is_held(quantity: str, values: list[float], held: list[int]) -> None:
    codes = plausible.levels(quantity, values)
    assert np.flatnonzero(codes != "").tolist() == held
    assert {*codes[held]} <= {"no_number"}
    every = plausible.no_level(quantity, np.array(values, float))
    assert every.tolist() == [plausible.is_no_level(quantity, each) for each in values]
