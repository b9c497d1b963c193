"""Refused readings are listed by what is alike in them, and corrected or discarded by whoever operates the site."""

from datetime import UTC, datetime

import pytest

from models.refused_reading import Said
from store.records.jobs import asking
from store.records.plant import refused
from store.records.plant.refused import Refused
from store.records.schema import RefusedReading
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.world import World

ACTS = {"then": "store"}


def keep(site: str, source: str, code: str, *readings: Said, body: str = "") -> list[RefusedReading]:
    """Readings of a source that were refused for this reason."""
    now = datetime.now(UTC)
    refused.keep(
        SYSTEM, [Refused(site, source, "readings", now, code, f"words of {code}", said=each, body=body) for each in readings]
    )
    found = refused.readings_page(SYSTEM, site, Wanted(search=code, count=500)).rows
    return sorted(found, key=lambda each: each.value)


def test_readings_are_corrected_by_kind_or_alone_and_only_as_far_as_their_reason_leaves_open(world: World) -> None:
    ids, browser = plant(world), world.client("operator")
    texts = [Said(ids["meter"], "power_kw", f"2026-11-0{n}T12:00:00Z", f'"{n},5"', "W") for n in (1, 2, 3)]
    texts_kept = keep(world.site, ids["device"], "not_a_number", *texts)
    local = keep(world.site, ids["device"], "naive_time", Said("old", "power_kw", "2026-11-01T12:00:00", "7"))
    junk = keep(world.site, "imp_gone", "malformed_json", Said(), body="<b>{</b>")
    page = shown(browser, f"/site/{world.site}/quarantine")
    for words in (
        "power_kw of Hall meter (W)",
        "Hall box",
        "Words of not_a_number.",
        "power_kw of old",
        "what is no reading",
        "5\u202f000",
    ):
        assert words in page
    question = said(press(browser, "kinds", world.site, do="ask", act="correct", row=texts_kept[0].kind))
    assert "All 3 readings" in question and "as the numbers they show" in question
    assert "Times are of the zone" not in question and '"given": "value"' not in question
    alone = said(press(browser, "refused", world.site, do="ask", act="correct", row=local[0].id))
    assert "Europe/London" in alone and "2026-11-01T12:00:00" in alone
    for wrong, words in (
        ({"zone": "Mars/Base"}, "there is no zone"),
        ({"shift": "1h"}, "hours and minutes"),
        ({"interval_s": "x"}, "not a number"),
    ):
        assert words in act(browser, "refused", world.site, "correct", local[0].id, **ACTS, **wrong).lower()
    assert asking.jobs(SYSTEM, Wanted()).rows == []
    assert "is being stored" in act(
        browser, "kinds", world.site, "correct", texts_kept[0].kind, **ACTS, as_numbers="yes", unit="kW", shift="-01:00"
    )
    [job] = asking.jobs(SYSTEM, Wanted()).rows
    assert (job.user_id, job.arguments["edit"]) == (
        world.people["operator"],
        {"unit": "kW", "shift_s": -3600, "as_numbers": True},
    )
    assert "is discarded" in act(browser, "kinds", world.site, "discard", junk[0].kind)
    assert "discarded by" in said(press(browser, "refused", world.site, do="sort", column="at", chosen={"state": "discarded"}))
    assert "is kept any more" in act(browser, "kinds", world.site, "discard", junk[0].kind)


def test_a_source_that_is_full_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = plant(world)
    monkeypatch.setattr(refused, "MOST", 1)
    keep(world.site, ids["device"], "unknown_meter", *(Said("m", "power_kw", "2026-11-01T12:00:00Z", str(n)) for n in range(4)))
    assert "3 more readings of Hall box were refused" in shown(world.client("operator"), f"/site/{world.site}/quarantine")


@pytest.mark.parametrize("who", ["resident", "chief"])
def test_for_those_who_do_not_operate_the_site_there_is_no_quarantine(world: World, who: str) -> None:
    ids = plant(world)
    [record] = keep(world.site, ids["device"], "unknown_meter", Said("m", "power_kw", "2026-11-01T12:00:00Z", "1"))
    browser = world.client(who)
    assert browser.get(f"/site/{world.site}/quarantine").status_code == 404
    for table in ("kinds", "refused"):
        told = {"do": "act", "act": "discard", "row": record.id, "given": {}}
        assert press(browser, table, world.site, **told).status_code == 404
    assert refused.kept(SYSTEM, world.site, record.id)


def test_a_reading_of_another_site_is_not_there_in_this_ones_tables(world: World) -> None:
    [record] = keep(world.foreign_site, "key_x", "unknown_meter", Said("m", "power_kw", "2026-11-01T12:00:00Z", "1"))
    assert "is kept any more" in act(world.client("root"), "refused", world.site, "discard", record.id)
    assert refused.kept(SYSTEM, world.foreign_site, record.id)
