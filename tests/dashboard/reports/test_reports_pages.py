"""Reports on pages: shown as they were made, opened by who may, taken along as files, told what changed since."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from python_calamine import CalamineWorkbook

from dashboard.reports import making
from models.report_asked import Asked
from models.report_periods import CUSTOM, MONTH, holding
from store.records.access import policy
from store.records.jobs import asking
from store.records.jobs.kinds import REPORT
from store.records.plant import reports
from store.records.plant.reports import Made, Seen
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import plant, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World, csrf
from tests.reporting.made_up import report

WHOLE = Seen([], datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), True)


@pytest.fixture
def kept(world: World) -> str:
    """The id of a report of the world's site, made for its operator."""
    told = report(site="North Campus", seen=WHOLE)
    told = msgspec.structs.replace(told, asked=msgspec.structs.replace(told.asked, site_id=world.site))
    made = Made("North Campus", "month", told.told.first, told.told.last, msgspec.to_builtins(told), WHOLE)
    return reports.keep(policy.scope_of(world.people["operator"]), world.site, made).id


def test_a_report_is_shown_with_all_that_it_says(world: World, kept: str) -> None:
    page = shown(world.client("admin"), f"/site/{world.site}/report/{kept}").replace("\u00a0", " ").replace("\u202f", " ")
    for words in ("North Campus, March 2026", "3 000 kWh was used in 31 days", "Cost and its parts", "Works holiday", "▲"):
        assert words in page
    for ending in ("pdf", "xlsx", "csv"):
        assert f"/site/{world.site}/report/{kept}.{ending}" in page


def test_its_link_leads_nowhere_for_who_does_not_see_the_site_and_on_another_site(world: World, kept: str) -> None:
    for who, site in (("stranger", world.site), ("resident", world.site), ("root", world.foreign_site)):
        browser = world.client(who)
        assert browser.get(f"/site/{site}/report/{kept}").status_code == 404
        for ending in ("pdf", "xlsx", "csv"):
            assert browser.get(f"/site/{site}/report/{kept}.{ending}").status_code == 404
    assert world.client("admin").get(f"/site/{world.site}/report/rep_000000000000.pdf").status_code == 404


def test_it_is_taken_along_as_pdf_workbook_and_csv(world: World, kept: str) -> None:
    browser = world.client("operator")
    pdf, xlsx, text = (browser.get(f"/site/{world.site}/report/{kept}.{ending}") for ending in ("pdf", "xlsx", "csv"))
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF")
    assert "north-campus-march-2026.pdf" in pdf.headers["Content-Disposition"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx.data))
    assert "Each day" in book.sheet_names
    rows = list(csv.reader(io.StringIO(text.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[1][:2] == ["North Campus", "March 2026"]


def test_the_list_has_what_was_made_for_oneself_and_each_can_be_deleted(world: World, kept: str) -> None:
    operator = world.client("operator")
    assert kept in shown(operator, f"/site/{world.site}/reports")
    assert kept not in shown(world.client("admin"), f"/site/{world.site}/reports")
    assert world.client("stranger").get(f"/site/{world.site}/reports").status_code == 404


def test_other_pages_lead_to_the_report_of_what_they_show(world: World) -> None:
    plant(world)
    page = shown(world.client("operator"), f"/site/{world.site}/history?first=2026-03-03&last=2026-03-09")
    assert f"/site/{world.site}/reports?period=custom&from=2026-03-03&to=2026-03-09" in page
    march = making.link("Report", "sit_1", holding(MONTH, date(2026, 3, 5)), ["nod_1"])
    assert march.href == "/site/sit_1/reports?of=nod_1&period=month&from=2026-03-01"


def test_an_address_prefills_the_filters_whatever_stands_in_it(world: World) -> None:
    asked = Asked(world.site, CUSTOM, date(2026, 3, 3), date(2026, 3, 9), ("nod_1", "nod_2"), ("cost",))
    query = dict(each.split("=") for each in making.href(world.site, asked).partition("?")[2].split("&"))
    told = making.of_address({name: said.replace("%2C", ",") for name, said in query.items()}, date(2026, 4, 2))
    assert (told.subjects, told.kind, told.first, told.last, told.parts) == (
        asked.subjects,
        CUSTOM,
        asked.first,
        asked.last,
        asked.parts,
    )
    nonsense = making.of_address({"period": "decade", "from": "yesterday", "parts": "gossip"}, date(2026, 4, 2))
    assert (nonsense.kind, nonsense.first, nonsense.parts) == (MONTH, date(2026, 3, 1), making.USUAL_PARTS)


def press(world: World, who: str, **given: Any) -> Any:
    """The press of *Create report*, as a browser sends it."""
    browser = world.client(who)
    browser.get("/account")
    names = {"site": "data", "subjects": "value", "kind": "value", "first": "value", "last": "value", "parts": "value"}
    body = {
        "output": "..report-said.children...report-go.href..",
        "outputs": [{"id": "report-said", "property": "children"}, {"id": "report-go", "property": "href"}],
        "inputs": [{"id": "report-make", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["report-make.n_clicks"],
        "state": [{"id": f"report-{name}", "property": of, "value": given.get(name)} for name, of in names.items()],
    }
    return browser.post("/_dash-update-component", json=body, headers=csrf(browser))


def test_a_press_asks_for_the_whole_period_that_holds_the_day(world: World) -> None:
    answer = press(world, "operator", site=world.site, kind="quarter", first="2026-05-17", parts=["cost", "notes"])
    assert answer.status_code == 200
    [job] = [each for each in asking.jobs(SYSTEM, Wanted()).rows if each.kind == REPORT.name]
    assert job.user_id == world.people["operator"]
    told = job.arguments
    assert (told["first"], told["last"], told["parts"], told["schedule_id"]) == (
        "2026-04-01",
        "2026-06-30",
        ["cost", "notes"],
        None,
    )


def test_a_press_for_what_no_report_can_be_is_refused_and_asks_for_nothing(world: World) -> None:
    for wrong in (
        {"kind": "month", "first": "2199-01-01"},
        {"kind": "month", "first": ""},
        {"kind": "custom", "first": "2026-03-09", "last": "2026-03-01"},
        {"kind": "custom", "first": "2020-01-01", "last": "2026-03-01"},
    ):
        press(world, "operator", site=world.site, **wrong)
    assert press(world, "stranger", site=world.site, kind="month", first="2026-03-01").status_code == 404
    assert not [each for each in asking.jobs(SYSTEM, Wanted()).rows if each.kind == REPORT.name]


def test_a_schedule_is_made_on_the_page_for_oneself_and_by_administrators_for_others(world: World) -> None:
    operator = world.client("operator")
    operator.get("/account")
    assert "The first one is made on" in said(fill(world, operator, "schedule", world.site, subject="site", kind="week"))
    page = shown(operator, f"/site/{world.site}/reports")
    assert "each week, on Monday" in page
    assert "operator@example.org" in page
    refused = fill(world, operator, "schedule", world.site, subject="site", kind="week", also_to="admin@example.org")
    assert "only an administrator of the site" in said(refused).lower()
    admin = world.client("admin")
    admin.get("/account")
    assert "The first one" in said(
        fill(world, admin, "schedule", world.site, subject="site", kind="month", also_to="operator@example.org")
    )
    assert "Get no more" in shown(operator, f"/site/{world.site}/reports")
