"""Prices of a region are written as a whole or not at all, by whoever may price all of its sites."""

from datetime import UTC, datetime

import pytest

from store.errors import NotFound, Refused
from store.records.access import audit, policy
from store.records.people import organisations, users
from store.records.plant import regions, sites
from store.records.schema import Site as SiteRecord
from store.records.transaction.engine import session
from store.scope import SYSTEM, Scope
from store.series import region_series
from store.series.region_series import Span, Value
from tests.store.series.conftest import Site

HEAD = "start,price_per_kwh,export_price_per_kwh,co2_g_per_kwh"


@pytest.fixture
def region(site: Site) -> str:
    made = regions.create_region(SYSTEM, name="Market").id
    _put_in(site.id, made)
    return made


def _put_in(site_id: str, region_id: str) -> None:
    with session() as records:
        found = records.get(SiteRecord, site_id)
        assert found
        found.region_id = region_id


def _admin(site: Site) -> Scope:
    owner = sites.site(SYSTEM, site.id).organisation_id
    return policy.scope_of(users.create_user(SYSTEM, email="a@example.org", name="A", password=None, organisation_id=owner).id)


def text(*rows: str) -> str:
    return "\n".join([HEAD, *rows])


def test_a_file_says_what_is_new_other_and_the_same_and_writes_it(site: Site, region: str) -> None:
    scope = _admin(site)
    given = text(
        "2026-03-29T00:00:00+01:00,0.30,0.05,", "2026-03-29T01:00:00+01:00,0.31,,200", "2026-03-29T03:00:00+02:00,-0.02,,"
    )
    tried = region_series.try_file(scope, region, given, 3600)
    assert [(line.number, line.does) for line in tried] == [(2, "new"), (2, "new"), (3, "new"), (3, "new"), (4, "new")]
    assert region_series.known(scope, region) == []
    region_series.import_file(scope, region, given, 3600)
    first, last = (datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((28, 23), (29, 1)))
    assert region_series.known(scope, region)[-1] == Span("price_per_kwh", 3600, 3, first, last)
    again = region_series.try_file(scope, region, text("2026-03-28T23:00:00Z,0.30,,", "2026-03-29T00:00:00Z,0.33,,"), 3600)
    assert [(line.does, line.words) for line in again] == [("same", "0.3 → 0.3"), ("changed", "0.31 → 0.33")]
    [entry] = [each for each in audit.entries(SYSTEM) if each.action == "series"]
    assert entry.subject_id == region


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-03-29 00:00:00,0.3,,", "with its offset"),
        (",0.3,,", "start is empty"),
        ("2026-03-29T00:05:00Z,0.3,,", "multiple of 15 minutes"),
        ('2026-03-29T00:00:00Z,"0,3",,', "not a number"),
        ("2026-03-29T00:00:00Z,nan,,", "cannot be"),
        ("2026-03-29T00:00:00Z,1e9,,", "cannot be"),
        ("2026-03-29T00:00:00Z,,,-5", "cannot be"),
        ("1889-03-29T00:00:00Z,0.3,,", "of our time"),
        ("2026-03-28T00:30:00Z,0.3,,", "overlaps the value of line 2"),
        ("2026-03-28T01:00:00+01:00,0.3,,", "overlaps the value of line 2"),
    ],
)
def test_one_bad_line_is_named_and_nothing_is_written(site: Site, region: str, row: str, says: str) -> None:
    given = text("2026-03-28T00:00:00Z,0.1,,", row)
    problems = [line for line in region_series.try_file(SYSTEM, region, given, 3600) if line.problem]
    assert [(line.number, says in line.problem) for line in problems] == [(3, True)], problems
    with pytest.raises(Refused, match="nothing was imported: line 3"):
        region_series.import_file(SYSTEM, region, given, 3600)
    assert region_series.known(SYSTEM, region) == []


def test_the_length_of_an_interval_is_said_and_one_of_few(region: str) -> None:
    with pytest.raises(Refused, match="choose one of 300, 900, 1800, 3600"):
        region_series.try_file(SYSTEM, region, text("2026-03-28T00:00:00Z,0.1,,"), 86_400)
    with pytest.raises(Refused, match="no column 'prize'"):
        region_series.try_file(SYSTEM, region, "start,prize\n", 3600)


def test_nobody_prices_a_site_that_is_not_theirs(site: Site, region: str) -> None:
    scope = _admin(site)
    other = organisations.create_organisation(SYSTEM, name="Other", kind="distributor")
    foreign = sites.create_site(
        SYSTEM, name="Theirs", kind="plant", organisation_id=other.id, time_zone="UTC", currency="EUR", latitude=0, longitude=0,
        region_id=region,
    )  # fmt: skip
    stranger = policy.scope_of(users.create_user(SYSTEM, email="s@example.org", name="S", password=None).id)
    values = [Value(0, "price_per_kwh", datetime(2026, 3, 28, tzinfo=UTC), 0.1)]
    for who, error in ((scope, Refused), (stranger, NotFound)):
        with pytest.raises(error):
            region_series.write_values(who, region, 3600, values)
        with pytest.raises(error):
            region_series.try_file(who, region, text(), 3600)
        with pytest.raises(error):
            region_series.known(who, region)
    assert region_series.known(SYSTEM, region) == []
    _put_in(foreign.id, regions.create_region(SYSTEM, name="Elsewhere").id)
    assert [line.does for line in region_series.write_values(policy.scope_of(scope.user_id or ""), region, 3600, values)] == [
        "new"
    ]
