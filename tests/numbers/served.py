"""Pages in a browser, of sites at a moment that stands still, and what they show."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page

from config.settings import Settings
from dashboard.app import create_app
from insight.shared import shared
from tests.conftest import soon_is
from tests.dashboard.listening import listening
from tests.dashboard.watched import let_in, watched
from tests.numbers.stored import Stored

Flows = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Served:
    """A dashboard, its records and readings."""

    settings: Settings
    address: str
    browser: Browser

    def stored(self, site: str, now: datetime) -> Stored:
        """What is stored of a site until then."""
        made = self.settings
        assert made.questdb_read_password
        questdb = (
            f"host={made.questdb_host} port={made.questdb_pg_port} user={made.questdb_read_user} "
            f"password={made.questdb_read_password.get_secret_value()} dbname=qdb"
        )
        return Stored(made.home / "records.sqlite3", questdb, site, now)

    @contextmanager
    def opened(self, email: str, now: datetime, zone: str) -> Iterator[Page]:
        """Somebody signed in at that moment, in a browser in that zone."""
        shared.clear()
        with watched(self.browser, self.address) as blank:
            page = blank(timezone_id=zone, viewport={"width": 1440, "height": 2600})
            page.clock.set_fixed_time(now)
            let_in(page, email, self.settings, self.address)
            yield page


@contextmanager
def serving(settings: Settings, browser: Browser) -> Iterator[Served]:
    """The dashboard of these settings, until it is left."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dashboard.live.first_screen.prepare", lambda *_: None)  # no thread outlives the records
        with listening(create_app(settings)) as address:
            yield Served(settings, address, browser)
        shared.clear()


def overview(page: Page, site_id: str) -> None:
    """The overview of a site, drawn, with its numbers."""
    page.goto(f"/site/{site_id}/overview")
    page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
    page.wait_for_function("() => window.loadstar.lastTick?.()")


def tiles(page: Page) -> dict[str, dict[str, str]]:
    """What each tile says, part by part; `exact` is what the pointer is told."""
    found: dict[str, dict[str, str]] = page.locator("#overview-tiles [data-tile]").evaluate_all(
        """(tiles) => Object.fromEntries(tiles.map((tile) => [tile.dataset.tile, {
            ...Object.fromEntries([...tile.querySelectorAll('[data-part]')].map((part) => [part.dataset.part, part.textContent])),
            exact: tile.title, state: tile.dataset.state,
        }]))"""
    )
    return found


def flow_table(page: Page, expected: Flows) -> None:
    """The table of the energy flow soon lists just these: from where, to where → how much, to the last digit that is written."""
    pressed = "document.querySelector('[data-table-of=overview-sankey]').click()"
    page.evaluate(pressed)

    def shown() -> Flows:
        cells = page.locator("#overview-sankey-table tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        return {(source, target): float(said.partition(" (")[0].replace("\u2009", "")) for source, target, said in cells}

    soon_is(shown, pytest.approx(expected, rel=1e-9, abs=0.0005001))
    page.evaluate(pressed)


def flow_drawn(page: Page) -> dict[tuple[str, str], str]:
    """The picture: from where, to where → what the pointer is told there."""
    bands = page.evaluate(
        """() => {
            const { node, link } = document.querySelector('#overview-sankey .plot').data[0];
            const name = (at) => window.loadstar.plain(node.customdata[at][1]);
            return link.source.map((from, at) => [name(from), name(link.target[at]), link.customdata[at]]);
        }"""
    )
    return {(source, target): said.partition(" (")[0] for source, target, said in bands}


def choose(page: Page, choice: str, value: str) -> None:
    """Press one of a row of buttons."""
    page.locator(f'#{choice} input[value="{value}"]').evaluate("button => button.click()")
