from datetime import UTC, datetime, timedelta

import pytest

from config import clock
from ingest import times
from ingest.door import arrival_us
from ingest.problem import Problem, Refusal
from ingest.times import DAY, SECOND, Window, floor, iso

NOW = int(datetime(2026, 5, 1, 10, tzinfo=UTC).timestamp()) * SECOND


def moment(ts: object, precision: str | None = None) -> int | Problem:
    return Window(30, 300).moment(ts, precision, NOW)


def code(ts: object, precision: str | None = None) -> str:
    problem = moment(ts, precision)
    assert isinstance(problem, Problem), problem
    assert problem.field == "ts"
    assert problem.message
    return problem.code


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01T10:00:00Z",
        "2026-05-01t10:00:00z",
        "2026-05-01 10:00:00Z",
        "2026-05-01 12:00:00+02:00",
        "2026-05-01T12:00:00+02:00",
        "2026-05-01T04:30:00-05:30",
        "2026-05-01T10:00:00.000Z",
        "2026-05-01T10:00:00.000000000Z",
    ],
)
def test_rfc_3339_with_an_offset_is_read(text: str) -> None:
    assert moment(text) == NOW


def test_a_fraction_is_kept_to_the_microsecond() -> None:
    assert moment("2026-05-01T10:00:00.123456789Z") == NOW + 123_456


@pytest.mark.parametrize(
    ("integer", "precision"),
    [(NOW // 10**6, "s"), (NOW // 10**3, "ms"), (NOW, "us"), (NOW * 1000, "ns")],
)
def test_an_integer_is_read_in_its_declared_unit(integer: int, precision: str) -> None:
    assert moment(integer, precision) == NOW


def test_an_integer_without_a_unit_is_refused_and_told_the_likely_one() -> None:
    problem = moment(NOW // 1000)
    assert isinstance(problem, Problem)
    assert problem.code == "precision_missing"
    assert "?precision=ms" in problem.message


@pytest.mark.parametrize("declared", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(("meant", "integer"), [("s", NOW // 10**6), ("ms", NOW // 10**3), ("us", NOW), ("ns", NOW * 1000)])
def test_every_confusion_of_units_is_found_and_named(declared: str, meant: str, integer: int) -> None:
    found = moment(integer, declared)
    if declared == meant:
        assert found == NOW
        return
    assert isinstance(found, Problem)
    assert found.code == "wrong_precision"
    assert f"?precision={meant}" in found.message


@pytest.mark.parametrize("text", ["2026-05-01T10:00:00", "2026-05-01", "2026-05-01 10:00"])
def test_a_naive_time_is_refused(text: str) -> None:
    assert code(text) == "naive_time"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1777629600",
        "2026-13-01T10:00:00Z",
        "2026-02-30T10:00:00Z",
        "20260501T100000Z",
        "2026-W18-5T10:00:00Z",
        "2026-05-01T25:00:00Z",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert code(text) == "bad_time"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-05-01T12:00:00+0200", "offset without a colon"),
        ("2026-05-01T12:00:00.5-0230", "offset without a colon"),
        ("2026-05-01T12:00:00+02", "offset without minutes"),
        ("2026-05-01T12:00+02:00", "no seconds"),
        ("2026-05-01T10:00Z", "no seconds"),
        ("2026-05-01T24:00:00+02:00", "hour 24"),
        ("2026-05-01T24:00:00Z", "hour 24"),
    ],
)
def test_what_devices_write_instead_is_named(text: str, why: str) -> None:
    found = moment(text)
    assert isinstance(found, Problem)
    assert (found.code, why in found.message) == ("bad_time", True)


@pytest.mark.parametrize("ts", [None, True, 1.5, [], {}])
def test_what_is_neither_text_nor_integer_is_refused(ts: object) -> None:
    assert code(ts, "s") == "bad_time"


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00", "2026-03-31T09:59:59Z"])
def test_long_ago_is_refused(text: str) -> None:
    assert code(text) == "too_old"


@pytest.mark.parametrize("text", ["2036-02-07T06:28:16Z", "2500-01-01T00:00:00Z", "2026-05-01T10:05:01Z", "9999-12-31T23:59:59Z"])
def test_more_than_five_minutes_ahead_is_refused(text: str) -> None:
    assert code(text) == "in_future"


def test_the_window_ends_exactly_where_it_says() -> None:
    for ahead in (timedelta(seconds=300), timedelta(days=-30)):
        at = datetime(2026, 5, 1, 10, tzinfo=UTC) + ahead
        assert moment(at.isoformat()) == NOW + ahead // timedelta(microseconds=1)


@pytest.mark.parametrize("integer", [0, -1, 10**30, -(10**30), 2**63])
def test_an_integer_that_is_no_moment_in_any_unit_is_refused(integer: int) -> None:
    for precision in ("s", "ms", "us", "ns"):
        assert code(integer, precision) in ("too_old", "in_future")


@pytest.mark.parametrize(
    ("integer", "precision", "why"),
    [
        (64_698_438_051_149, "ms", "in_future"),  # of the year 4020
        (64_698_438_051, "s", "in_future"),
        (64_698_438_051_149, "us", "too_old"),  # of 1972
        (64_698_438_051_149, "ns", "too_old"),
        (0, "s", "too_old"),
    ],
)
def test_a_clock_that_is_years_off_is_refused_in_whatever_unit_it_is_told(integer: int, precision: str, why: str) -> None:
    assert code(integer, precision) == why


def test_the_servers_time_is_floored_to_the_reporting_interval() -> None:
    assert iso(floor(NOW + 59 * SECOND, 60)) == "2026-05-01T10:00:00Z"
    assert iso(floor(NOW + 14 * 60 * SECOND, 900)) == "2026-05-01T10:00:00Z"


def test_a_repeated_text_is_read_once_and_still_held_against_the_clock() -> None:
    window = Window(30, 300)
    assert window.moment("2026-05-01T10:00:00Z", None, NOW) == NOW
    late = window.moment("2026-05-01T10:00:00Z", None, NOW + 31 * 86_400 * SECOND)
    assert isinstance(late, Problem)
    assert late.code == "too_old"


def test_while_the_clock_is_unsure_what_may_be_right_is_not_refused_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = 100 * DAY
    machine = [NOW, 0]  # the clock, the steady clock
    made = clock.Clock(None, "one", lambda: machine[1], lambda: machine[0])
    clock.use(made)
    monkeypatch.setattr(times, "wall_us", lambda: machine[0])
    try:
        assert arrival_us() == NOW
        machine[:] = [NOW + ahead, 0]
        known = clock.now_us()
        assert known == NOW
        with pytest.raises(Refusal) as unsure:
            arrival_us()
        assert (unsure.value.status, unsure.value.problem.code, unsure.value.retry_after_s) == (503, "clock_unsure", 60)
        with pytest.raises(Refusal):
            Window(30, 300).moment(iso(NOW + ahead), None, known)
        assert Window(30, 300).moment(iso(NOW), None, known) == NOW
        later = Window(30, 300).moment(iso(NOW + 2 * ahead), None, known)
        assert isinstance(later, Problem)
        assert later.code == "in_future", "no clock here says that it could be right"
        machine[:] = [NOW, 0]
        assert arrival_us() == NOW
    finally:
        clock.use(None)
