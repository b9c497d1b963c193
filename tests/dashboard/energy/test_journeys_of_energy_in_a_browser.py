"""What people come for, from beginning to end in a browser: why a building is dear, a link for a colleague, the month by mail,
and a tariff that is put right. Three buildings in a spring with a day of 23 hours, and what they cost worked out by hand.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from questdb import Sender

from config import settings as configuration
from config.settings import Settings
from insight.shared import shared
from models.tariff_components import Demand
from store.records.access import grants, policy
from store.records.jobs import asking, working
from store.records.jobs.kinds import REPORT, OfReport
from store.records.people import users
from store.records.plant import declarations, graph, meters, tariffs
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from store.series import bulk, checkpoint, rollup
from tests.conftest import PATIENT_S, QuestDBServer
from tests.dashboard.frame.test_shell_in_a_browser import drawn
from tests.dashboard.watched import let_in, watched
from tests.dashboard.world import World
from tests.held_clock import held
from tests.reporting.pdf_text import text_of
from tests.store.series.conftest import LONG_AGO, sender
from tests.worker.smtp import MailServer
from worker import scheduled_reports
from worker.mail import send_due
from worker.tasks import report as report_task

__all__ = ["sender"]
pytestmark = pytest.mark.browser

NOW = datetime(2025, 4, 2, 9, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
QUARTER_S = 900
HOURS = {"2025-02": 28 * 24, "2025-03": 31 * 24 - 1}
KW = {"Hall": 40.0, "Foundry": 16.0, "Library": 4.0}  # all of the time, but for an hour of melting
MELTING, MELTING_KW = datetime(2025, 3, 19, 10, tzinfo=UTC), 300.0
PER_KWH, PER_KW = 0.20, 20.0
Opener = Callable[..., Page]


def kwh_of(name: str, month: str) -> float:
    """What a building took in a month."""
    melted = MELTING_KW - KW[name] if (name, month) == ("Foundry", "2025-03") else 0.0
    return KW[name] * HOURS[month] + melted


def site_cost(month: str, per_kwh: float) -> float:
    """What all of them cost together, billed at the grid connection."""
    most_kw = sum(KW.values()) + (MELTING_KW - KW["Foundry"] if month == "2025-03" else 0.0)
    return per_kwh * sum(kwh_of(name, month) for name in KW) + PER_KW * most_kw


def pounds(amount: float) -> str:
    """Money as a browser in English reads it: whole from a thousand on."""
    return f"£{amount:,.0f}" if amount >= 1000 else f"£{amount:.2f}"


class Campus:
    """The world's site with a grid connection and three buildings behind it, told by quarters of an hour."""

    def __init__(self, world: World, settings: Settings, sender: Sender) -> None:
        self.world, self.settings, self.path = world, settings, f"/site/{world.site}"
        bus = graph.create_node(SYSTEM, world.site, name="Main bus", kind="bus", valid_from=LONG_AGO).id
        grid = graph.create_node(SYSTEM, world.site, name="Grid", kind="source", technology="grid", valid_from=LONG_AGO).id
        self.nodes = {"Grid": grid} | {
            name: graph.create_node(SYSTEM, world.site, name=name, kind="sink", technology="load", valid_from=LONG_AGO).id
            for name in KW
        }
        self.meters = {
            name: self._meter(name, *((grid, bus) if name == "Grid" else (bus, self.nodes[name]))) for name in self.nodes
        }
        components = (Demand(PER_KW),)
        tariffs.create_tariff(
            SYSTEM,
            world.site,
            name="Works supply",
            import_price_per_kwh=PER_KWH,
            export_price_per_kwh=0,
            region_first=False,
            valid_from=LONG_AGO,
            components=components,
        )
        self._write(sender)

    def _meter(self, name: str, source: str, target: str) -> str:
        edge = graph.create_edge(SYSTEM, self.world.site, from_node_id=source, to_node_id=target, valid_from=LONG_AGO)
        meter = meters.create_meter(SYSTEM, self.world.site, name=f"{name} meter", edge_id=edge.id).id
        declarations.declare_energy(SYSTEM, meter, method="interval", interval_s=QUARTER_S, valid_from=LONG_AGO)
        return str(meter)

    def _write(self, sender: Sender) -> None:
        first, last = (datetime(2025, month, 1, tzinfo=LONDON).timestamp() for month in (2, 4))
        at_s = np.arange(first, last, QUARTER_S)
        melting = (at_s >= MELTING.timestamp()) & (at_s < MELTING.timestamp() + 3600)
        kw = {name: np.where(melting & (name == "Foundry"), MELTING_KW, each) for name, each in KW.items()}
        kw["Grid"] = np.sum(list(kw.values()), axis=0)
        for name, values in kw.items():
            whose, quantity = (np.full(len(at_s), said, dtype=object) for said in (self.meters[name], "energy_kwh"))
            rows = bulk.intervals((at_s * 1e6).astype(np.int64), whose, quantity, values / 4, "test", interval_s=QUARTER_S)
            bulk.write(SYSTEM, sender, "intervals", rows)
        assert rollup.await_applied(["intervals"], PATIENT_S)


@pytest.fixture
def campus(world: World, questdb_server: QuestDBServer, questdb_tables: Settings, sender: Sender) -> Iterator[Campus]:
    """QuestDB beside the world of the dashboard."""
    ours = world.settings.model_copy(
        update={name: getattr(questdb_server.settings, name) for name in Settings.model_fields if name.startswith("questdb")}
    )
    configuration.use(ours)
    checkpoint.forget()
    shared.clear()
    yield Campus(world, ours, sender)
    checkpoint.forget()


@pytest.fixture
def opened(chromium: Browser, address: str, campus: Campus) -> Iterator[Opener]:
    """Opens a page for somebody; a script's error, what the policy forbids and a request to elsewhere fail the journey."""
    with watched(chromium, address) as blank:

        def open_page(who: str, path: str, **context: object) -> Page:
            page = blank(viewport={"width": 1440, "height": 1000}, **context)
            let_in(page, f"{who}@example.org", campus.world.settings, address)
            page.goto(path)
            drawn(page)
            return page

        yield open_page


def curves(page: Page) -> Any:
    """What a chart draws, wherever it is looked at."""
    expect(page.locator("#calendar-chart .main-svg").first).to_be_visible()
    return page.evaluate(
        "[...document.querySelector('#calendar-chart .js-plotly-plot').data].map(({ x, x0, dx, y }) => [x, x0, dx, [...y]])"
    )


def test_the_dearest_building_is_found_and_why_it_is(opened: Opener, campus: Campus) -> None:
    cost = {name: PER_KWH * kwh_of(name, "2025-03") + PER_KW * KW[name] for name in KW}
    cost["Foundry"] += PER_KW * (MELTING_KW - KW["Foundry"])
    with held(NOW):
        page = opened("operator", f"{campus.path}/consumers?days=31&until=2025-03-31")
        expect(page.locator("#consumers-say")).to_contain_text(f"Foundry cost most: {pounds(cost['Foundry'])}.")
        expect(page.locator("#consumers-say")).to_contain_text("Hall used most")
        uses = page.locator("#consumers-table")
        for name in KW:
            expect(uses.get_by_role("row", name=name)).to_contain_text(pounds(cost[name]))
        uses.get_by_role("link", name="Foundry").click()
        expect(page).to_have_url(re.compile(rf"calendar\?of={campus.nodes['Foundry']}&day=2025-03-31"))
        expect(page.locator("#calendar-says")).to_contain_text(f", {pounds(cost['Foundry'])}. Unusually high: 19 Mar.")
        expect(page.get_by_text("Works supply: 300 kW at £20.00 for each kW, £6,000.")).to_be_visible()
        page.get_by_role("link", name=re.compile("10:00")).first.click()
        expect(page.locator("#day-title")).to_contain_text("19")
        expect(page.locator("dl.facts")).to_contain_text("300 kW at 10:00")


def test_a_link_shows_a_colleague_the_same_day_in_their_own_way(opened: Opener, campus: Campus) -> None:
    meter, people = campus.meters["Foundry"], campus.world.people
    users.choose_language(policy.scope_of(people["admin"]), "de-DE")
    grants.create_grant(SYSTEM, user_id=people["resident"], meter_id=meter, valid_from=LONG_AGO)
    with held(NOW):
        mine = opened("operator", f"{campus.path}/calendar?day=2025-03-31")
        mine.locator("#subject").select_option(label="Meters · Foundry meter")
        expect(mine).to_have_url(re.compile(f"of={meter}"))
        expect(mine.locator("#calendar-says")).to_contain_text(f"{kwh_of('Foundry', '2025-03') / 1000:.1f} MWh")
        mine.locator(".month-days [data-day=high] a").click()
        expect(mine).to_have_url(re.compile("day=2025-03-19"))
        expect(mine.locator("#day-title")).to_contain_text("19")
        expect(mine.locator("dl.facts")).to_contain_text("300 kW at 10:00")
        expect(mine.locator("dl.facts")).to_contain_text(re.compile(r"% more than usual \(384 kWh\)"))
        share = 24 / HOURS["2025-03"]
        cost = PER_KWH * (24 * KW["Foundry"] + MELTING_KW - KW["Foundry"]) + PER_KW * MELTING_KW * share
        expect(mine.locator("dl.facts")).to_contain_text(f"£{cost:.2f}")
        link, drawn_here = mine.url, curves(mine)

        theirs = opened("admin", link, timezone_id="Asia/Tokyo")
        expect(theirs.locator("html")).to_have_attribute("lang", "de")
        expect(theirs.locator("dl.facts")).to_contain_text(f"{cost:.2f}".replace(".", ",") + "\u00a0£")
        expect(theirs.locator("dl.facts")).to_contain_text("um 10:00")
        assert curves(theirs) == drawn_here

        tenant = opened("resident", link)  # who sees this meter of the site, and no other
        assert curves(tenant) == drawn_here
        answer = tenant.goto(link.replace(meter, campus.meters["Hall"]))
        assert answer is not None
        assert answer.status == 404


def test_the_month_comes_by_mail_as_a_pdf_that_says_what_its_page_says(opened: Opener, campus: Campus) -> None:
    with MailServer() as post:
        with held(datetime(2025, 3, 20, 9, tzinfo=UTC)):
            page = opened("operator", f"{campus.path}/reports")
            page.locator("#schedule-form summary").click()
            page.locator("#schedule-kind").select_option(label="each month, on its first day")
            page.locator("#schedule-add").click()
            expect(page.locator("#schedule-said")).to_contain_text("The first one is made on 2025-04-01 at 06:00.")
        with held(datetime(2025, 4, 1, 5, 1, tzinfo=UTC)):  # a minute after six in London, in summer time
            smtp = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_tls": "none", "smtp_from": "energy@example.org"}
            assert scheduled_reports.ask(SYSTEM) == 1
            _made()
            assert send_due(campus.settings.model_copy(update=smtp)) == 1
            [letter] = post.mails
            assert post.recipients == ["operator@example.org"]
            assert letter["Subject"] == "North Campus: March 2025"
            [attached] = letter.iter_attachments()
            assert attached.get_filename() == "north-campus-march-2025.pdf"
            body = letter.get_body(("plain",))
            assert body is not None
            link = re.search(rf"{campus.path}/report/rep_\w+", body.get_content())
            assert link is not None
            page = opened("operator", link[0])  # twelve days later
            on_paper, answer = text_of(attached.get_content()), page.locator("#report-says").inner_text()
            facts = page.locator(".report-facts dd").all_inner_texts()
            cells = page.locator(".report-section td, .report-section tbody th").all_inner_texts()
            assert (len(facts), len(cells) > 40) == (5, True)
            for said in (answer, *(line for each in (*facts, *cells) for line in each.splitlines())):
                assert _bare(said) in on_paper
    kwh, cost = sum(kwh_of(name, "2025-03") for name in KW), site_cost("2025-03", PER_KWH)
    assert f"{kwh:,.0f} kWh".replace(",", " ") in on_paper or f"{kwh / 1000:.1f} MWh" in on_paper
    assert f"It cost £{cost:,.2f}.".replace(",", " ") in on_paper


def _made() -> None:
    """What the worker makes of the only report that is asked for."""
    [job] = [each for each in asking.jobs(SYSTEM, Wanted()).rows if each.kind == REPORT.name]
    scope = working.scope_for(SYSTEM, job)
    assert scope is not None
    report_task.make(scope, msgspec.convert(job.arguments, OfReport), lambda *_: None)


def _bare(words: str) -> str:
    return " ".join(words.replace("CO₂", "CO2").split())


def test_a_tariff_is_put_right_and_every_month_costs_what_was_foretold(opened: Opener, campus: Campus) -> None:
    right = 0.25
    before, after = ({month: site_cost(month, price) for month in HOURS} for price in (PER_KWH, right))
    with held(NOW):
        page = opened("admin", f"{campus.path}/tariffs")
        page.locator("[aria-label='Edit Works supply']").click()
        page.locator(".question [data-given=import]").fill(f"{right}")
        page.locator(".question").get_by_role("button", name="Save").click()
        told = page.locator(".question .problem")
        by = sum(after.values()) - sum(before.values())
        expect(told).to_contain_text(f"this restates 2 months by +{pounds(by)}")
        for month in HOURS:
            row = page.locator(".question tr", has_text=month)
            difference = after[month] - before[month]
            expect(row.locator("td")).to_contain_text([pounds(before[month]), pounds(after[month]), pounds(difference)])
        assert tariffs.tariffs(SYSTEM, campus.world.site)[0].import_price_per_kwh == PER_KWH, "nothing is saved before"
        for month in HOURS:
            assert _cost_on_the_calendar(opened, campus, month) == pounds(before[month])
        page.locator(".question [data-given=sure] input").check()
        page.locator(".question").get_by_role("button", name="Save").click()
        expect(page.locator("#tariffs-notice")).to_contain_text("Works supply is saved")
        for month in HOURS:
            assert _cost_on_the_calendar(opened, campus, month) == pounds(after[month])


def _cost_on_the_calendar(opened: Opener, campus: Campus, month: str) -> str:
    page = opened("operator", f"{campus.path}/calendar?day={month}-15")
    found = re.search(r"£[\d,.]*\d", page.locator("#calendar-says").inner_text())
    assert found is not None
    return found[0]
