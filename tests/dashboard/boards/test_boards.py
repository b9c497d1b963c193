"""A dashboard shows what its widgets are of, in the scope of whoever looks; its own person arranges and shares it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from dashboard.boards import kinds, report_figure
from dashboard.boards.kinds import KINDS
from insight.reports.gathering import gather
from insight.site_view import site_view
from models import local_time, report_periods
from models.report_asked import Asked
from reporting import facts, telling
from reporting.compose import document
from reporting.reader import Reader
from store.errors import StoreAway
from store.records.access.policy import scope_of
from store.records.people import dashboards
from store.records.people.dashboards import Board, Widget
from store.records.plant import budgets, buildings
from store.scope import SYSTEM, Scope
from store.series import connection
from tests.dashboard.live_world import POWER
from tests.dashboard.overview.conftest import Served
from tests.dashboard.pages import call, shown
from tests.dashboard.world import PASSWORD, csrf
from tests.dashboard.world import sign_in as let_in


def browser_of(world: Served, who: str) -> FlaskClient:
    browser = world.server.test_client()
    let_in(browser, f"{who}@example.org", PASSWORD)
    return browser


@pytest.fixture
def owner(world: Served) -> Scope:
    return scope_of(world.site.people["operator"])


def one_of_each(world: Served, owner: Scope, *, shared: bool = False) -> Board:
    """A dashboard with a widget of each kind, and the line of a meter."""
    site, of = world.site, {"tile": "demand", "note": ""}
    widgets = [
        Widget(f"w-{kind}", kind, "" if kind == "note" else site.site, of.get(kind, "site"), y=10 * at, w=each.w, h=each.h)
        for at, (kind, each) in enumerate(KINDS.items())
    ]
    widgets = [each._replace(note="Ring the bell\n<b>twice</b>") if each.kind == "note" else each for each in widgets]
    labs = Widget("w-labs", "line", site.site, site.meters["labs"], y=190)
    made = dashboards.create_dashboard(owner, "Everything", [*widgets, labs])
    return dashboards.name_dashboard(owner, made.id, made.name, shared=shared)


def figures(drawn: str) -> list[dict[str, Any]]:
    """What charts of widgets are drawn from."""
    found: list[dict[str, Any]] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("id"), dict) and part["id"].get("type") == "board-figure":
                found.append(json.loads(part["data"])["figure"])
            for each in part.values():
                walk(each)
        elif isinstance(part, list):
            for each in part:
                walk(each)

    walk(json.loads(drawn))
    return found


def opened(browser: FlaskClient, board: Board) -> str:
    """The page and each of its widgets, as JSON text."""
    page = shown(browser, f"/dashboards/{board.id}")
    widgets = [content(browser, board, each.id) for each in board.widgets if f'"widget": "{each.id}"' in page]
    return f"[{','.join([page, *widgets])}]"


def test_each_widget_shows_what_its_own_page_shows(world: Served, owner: Scope) -> None:
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    board = one_of_each(world, owner)
    page = opened(browser_of(world, "operator"), board)
    assert '"110"' in page  # kW of the demand now
    assert "Voltage 204 V at Labs" in page
    assert "Ring the bell" in page
    assert "<b>twice</b>" in page  # as text
    drawn = figures(page)
    assert len(drawn) == 4  # lines of the site and of a meter, energy flow, map
    assert {trace["type"] for figure in drawn for trace in figure["data"]} >= {"scatter", "sankey"}
    assert "month-days" in page
    assert "shaded hours" in page
    assert "Base load" in page


def test_a_shared_one_shows_each_viewer_what_they_may_see(world: Served, owner: Scope) -> None:
    world.site.post_everything()
    board = one_of_each(world, owner, shared=True)
    page = opened(browser_of(world, "resident"), board)
    assert "Everything" in page
    assert "Voltage 204 V at Labs" not in page
    assert "This is gone, or you may not see it." in page  # the line of the labs' meter
    assert '"110"' not in page
    assert "Arrange" not in page
    foreign = Widget("w-other", "tile", world.site.empty_site, "demand", y=300)
    more = dashboards.keep_widgets(owner, board.id, [*board.widgets, foreign])
    assert "South Works" not in opened(browser_of(world, "resident"), more)


def test_one_that_is_not_shared_or_of_nothing_that_is_seen_is_not_there(world: Served, owner: Scope) -> None:
    board = one_of_each(world, owner)
    resident = browser_of(world, "resident")
    assert resident.get(f"/dashboards/{board.id}").status_code == 404
    assert resident.get("/dashboards/dsh_nothing").status_code == 404
    elsewhere = dashboards.create_dashboard(owner, "South", [Widget("w1", "tile", world.site.empty_site, "demand")])
    dashboards.name_dashboard(owner, elsewhere.id, "South", shared=True)
    assert resident.get(f"/dashboards/{elsewhere.id}").status_code == 404


def test_a_report_as_a_widget_tells_the_numbers_of_the_report_itself_and_leads_to_it(world: Served, owner: Scope) -> None:
    ended = report_periods.ended(report_periods.WEEK, datetime.now(ZoneInfo("Europe/London")).date())
    start, _end = local_time.days(ended.first, ended.last, ZoneInfo("Europe/London"))
    times = [start + timedelta(hours=80, seconds=5 * step) for step in range(3 * 720)]
    world.site.history({(name, "power_kw"): [kw] * len(times) for name, kw in POWER.items()}, times)
    of = Asked(world.site.site, report_periods.WEEK, *ended)
    itself = document(gather(owner, of), Reader(None, ZoneInfo("Europe/London")))
    told = {each.name: each for each in itself.facts}
    assert [*told] == ["Energy", "Daily average", "Cost", "CO₂", "Highest power", "Coverage"]
    names = {name: words for name, words in facts.NAMES.items() if words in told}
    widgets = [
        Widget(f"w-{name}", "report", world.site.site, "site", "last_week", figure=name, y=3 * at)
        for at, name in enumerate((*names, "all"))
    ]
    board = dashboards.create_dashboard(owner, "Numbers", widgets)
    browser = browser_of(world, "operator")
    shown(browser, f"/dashboards/{board.id}")
    for name, words in names.items():
        drawn = content(browser, board, f"w-{name}")
        assert json.dumps(told[words].value, ensure_ascii=False) in drawn, words
        assert json.dumps(told[words].remark, ensure_ascii=False) in drawn, words
        assert f"/site/{world.site.site}/reports?period=week&from={ended.first}" in drawn
        assert not any(json.dumps(each.name, ensure_ascii=False) in drawn for each in itself.facts if each.name != words)
    every = content(browser, board, "w-all")
    assert all(json.dumps(each.value, ensure_ascii=False) in every for each in itself.facts)


def test_a_report_of_what_somebody_does_not_see_is_no_widget_of_theirs(world: Served, owner: Scope) -> None:
    start = datetime.now(UTC) - timedelta(days=9)
    world.site.post_hours(30, start)
    of = [
        Widget(f"w{at}", "report", world.site.site, each, "last_week", y=3 * at)
        for at, each in enumerate(("site", world.site.meters["labs"]))
    ]
    made = dashboards.create_dashboard(owner, "Numbers", of)
    board = dashboards.name_dashboard(owner, made.id, made.name, shared=True)
    resident = browser_of(world, "resident")
    shown(resident, f"/dashboards/{board.id}")
    whole, labs = (content(resident, board, each.id) for each in of)
    assert "This is gone, or you may not see it." in labs
    own = gather(
        scope_of(world.site.people["resident"]),
        report_figure.asked(world.site.site, "", "last_week", datetime.now(ZoneInfo("Europe/London")).date()),
    )
    assert json.dumps(telling.energy(own.told.kwh, Reader(None, ZoneInfo("Europe/London"))), ensure_ascii=False) in whole


def test_budgets_of_the_month_are_a_tile_and_a_widget_for_who_sees_the_whole_site(world: Served, owner: Scope) -> None:
    month = datetime.now(ZoneInfo("Europe/London")).date().replace(day=1)
    world.site.post_hours(2, datetime.now(UTC))
    world.site.post_everything()
    site, labs = world.site.site, world.site.nodes["labs"]
    buildings.describe_building(SYSTEM, site, labs, buildings.Facts("1"))
    assert "budget" not in dict(kinds.tiles_of(owner, site))
    budgets.set_budget(SYSTEM, site, None, "energy", month, month, 0.5)
    budgets.set_budget(SYSTEM, site, labs, "co2", month, month, 9000)
    assert dict(kinds.tiles_of(owner, site))["budget"] == "Budget"
    assert world.site.meters["labs"] not in dict(kinds.subjects_of(owner, site, "budgets"))
    widgets = [
        Widget("tile", "tile", site, "budget"),
        Widget("site", "budgets", site, "site", y=2),
        Widget("labs", "budgets", site, labs, y=4),
        Widget("none", "budgets", site, world.site.nodes["library"], y=6),
    ]
    made = dashboards.create_dashboard(owner, "Budgets", widgets)
    board = dashboards.name_dashboard(owner, made.id, made.name, shared=True)
    browser, resident = browser_of(world, "operator"), browser_of(world, "resident")
    shown(browser, f"/dashboards/{board.id}")
    tile, of_site, of_labs, none = (content(browser, board, each.id) for each in widgets)
    assert "Energy budget" in tile
    assert "over the budget" in tile
    assert "North Campus: Energy budget" in of_site
    assert "Labs <b>east</b>: CO₂ budget" in of_site
    assert "0.500 kWh" in of_site
    assert f"/site/{site}/calendar?day={month}" in of_site
    assert "CO₂ budget" in of_labs
    assert "Energy budget" not in of_labs
    assert "This month has no budget of it." in none
    shown(resident, f"/dashboards/{board.id}")
    assert "Budgets are told to whoever sees the whole site." in content(resident, board, "site")


def press(world: Served, browser: FlaskClient, board: Board, act: str, widget: str) -> str:
    pressed = {"type": "board-act", "act": act, "widget": widget}
    return call(world, browser, "board-grid.layout", {"board-id": board.id}, pressed)  # type: ignore[arg-type]


def test_buttons_move_resize_and_remove_and_what_was_done_stays(world: Served, owner: Scope) -> None:
    two = [Widget("a", "note", note="One", w=6, h=2), Widget("b", "note", note="Two", x=6, w=6, h=2)]
    board = dashboards.create_dashboard(owner, "Notes", two)
    browser = browser_of(world, "operator")
    shown(browser, f"/dashboards/{board.id}?edit=yes")
    assert "Note: One: column 1, row 1, 6 wide and 3 high." in press(world, browser, board, "taller", "a")
    assert "column 1, row 1, 7 wide" in press(world, browser, board, "wider", "a")
    kept = {each.id: each for each in dashboards.dashboard(owner, board.id).widgets}
    assert (kept["a"].w, kept["a"].h, kept["b"].y) == (7, 3, 3)
    assert "Note: Two is removed." in press(world, browser, board, "remove", "b")
    assert [each.id for each in dashboards.dashboard(owner, board.id).widgets] == ["a"]


def test_what_is_dragged_stays_where_it_was_put_and_never_outside(world: Served, owner: Scope) -> None:
    board = dashboards.create_dashboard(owner, "Notes", [Widget("a", "note", note="One", w=6, h=2)])
    browser = browser_of(world, "operator")
    shown(browser, f"/dashboards/{board.id}?edit=yes")
    for place, says in (((5, 0, 7, 4), "Saved."), ((11, 0, 7, 4), "outside the dashboard")):
        told = [{"i": "a", **dict(zip("xywh", place, strict=True))}]
        assert says in call(world, browser, "board-dragged.data", {"board-grid": told, "board-id": board.id})
    assert dashboards.dashboard(owner, board.id).widgets[0].x == 5


def test_whoever_only_looks_changes_nothing(world: Served, owner: Scope) -> None:
    board = one_of_each(world, owner, shared=True)
    resident = browser_of(world, "resident")
    assert "board-grid" not in shown(resident, f"/dashboards/{board.id}?edit=yes")
    press(world, resident, board, "remove", "w-note")
    assert len(dashboards.dashboard(owner, board.id).widgets) == len(board.widgets)


def content(browser: FlaskClient, board: Board, widget: str) -> str:
    """A widget, as its page asks for it, once or again."""
    part = {"type": "board-again", "widget": widget}
    asked = {
        "output": '{"type":"board-content","widget":["MATCH"]}.children',
        "outputs": {"id": {"type": "board-content", "widget": widget}, "property": "children"},
        "inputs": [{"id": part, "property": "n_intervals", "value": 1}],
        "state": [{"id": part, "property": "id", "value": part}, {"id": "board-id", "property": "data", "value": board.id}],
        "changedPropIds": [f'{{"type":"board-again","widget":"{widget}"}}.n_intervals'],
    }
    answer = browser.post("/_dash-update-component", json=asked, headers=csrf(browser))
    assert answer.status_code == 200
    return json.dumps(json.loads(answer.text), ensure_ascii=False)


def test_widgets_are_drawn_anew_while_they_are_looked_at(world: Served, owner: Scope) -> None:
    world.site.post_everything()
    board = dashboards.create_dashboard(owner, "One", [Widget("w1", "tile", world.site.site, "demand")])
    browser = browser_of(world, "operator")
    assert '"110"' in opened(browser, board)
    world.site.post({("library", "power_kw"): 130.0, ("grid", "power_kw"): 140.0})
    assert '"210"' in content(browser, board, "w1")


@pytest.mark.parametrize("kind", ["plant", "campus", "pv_battery"])
def test_a_dashboard_begins_with_what_fits_the_kind_of_its_site(world: Served, owner: Scope, kind: str) -> None:
    seen = site_view(SYSTEM, world.site.site)
    object.__setattr__(seen, "kind", kind)
    widgets = kinds.starting(seen)
    assert len(dashboards.create_dashboard(owner, kind, widgets).widgets) >= 6
    assert len({(each.x, each.y) for each in widgets}) == len(widgets)


def test_it_is_created_filled_named_and_shared_by_its_pages(world: Served, owner: Scope) -> None:
    browser = browser_of(world, "operator")
    assert "No dashboard yet" in shown(browser, "/dashboards")
    said = {"dashboards-name": "Morning", "dashboards-start": world.site.site, "dashboards-of": ""}
    answer = call(world, browser, "dashboards-go.href", said)
    (board,) = dashboards.dashboards(owner)
    assert f"/dashboards/{board.id}?edit=yes" in answer
    assert "widget-calendar-what" in shown(browser, f"/dashboards/{board.id}?edit=yes&add=calendar&site={world.site.site}")
    of = f"{board.id}|{world.site.site}|"
    call(world, browser, "widget-calendar-go.href", {"widget-calendar-of": of, "widget-calendar-what": world.site.meters["labs"]})
    call(world, browser, "widget-note-go.href", {"widget-note-of": f"{board.id}||", "widget-note-note": "Hello"})
    kept = dashboards.dashboard(owner, board.id)
    assert [(each.kind, each.of) for each in kept.widgets[-2:]] == [("calendar", world.site.meters["labs"]), ("note", "")]
    call(world, browser, "naming-go.href", {"naming-of": board.id, "naming-name": "Evening", "naming-shared": "yes"})
    named = dashboards.dashboard(owner, board.id)
    assert (named.name, named.shared) == ("Evening", True)
    assert "Evening" in shown(browser, "/dashboards")


def test_a_widget_is_changed_where_it_is_and_its_form_begins_with_what_it_is_of(world: Served, owner: Scope) -> None:
    kept = Widget("w1", "report", world.site.site, world.site.meters["labs"], "week", figure="peak", x=3, w=5, h=4)
    other = Widget("w2", "note", note="Two", x=8, w=4, h=2)
    board = dashboards.create_dashboard(owner, "One", [kept, other])
    browser = browser_of(world, "operator")
    page = shown(browser, f"/dashboards/{board.id}?edit=yes&change=w1")
    assert "Change Report: Labs, North Campus, Highest power, This week" in page
    for field, value in (("what", kept.of), ("period", "week"), ("figure", "peak")):
        assert re.search(
            rf'"id": "widget-report-{field}"[^}}]*"value": "{value}"|"value": "{value}"[^}}]*"id": "widget-report-{field}"', page
        ), field
    given = {
        "widget-report-of": f"{board.id}|{world.site.site}|w1",
        "widget-report-what": "site",
        "widget-report-period": "last_month",
        "widget-report-figure": "cost",
    }
    assert f"/dashboards/{board.id}?edit=yes#w1" in call(world, browser, "widget-report-go.href", given)
    changed = kept._replace(of="site", period="last_month", figure="cost")
    assert list(dashboards.dashboard(owner, board.id).widgets) == [changed, other]
    empty = call(world, browser, "widget-note-go.href", {"widget-note-of": f"{board.id}||w2", "widget-note-note": " "})
    assert "Fill this in." in empty
    for nothing in ("w9", "w1"):  # none of that id, and one of another kind
        call(world, browser, "widget-note-go.href", {"widget-note-of": f"{board.id}||{nothing}", "widget-note-note": "Gone"})
    elsewhere = given | {"widget-report-of": f"{board.id}|sit_000000000000|w1"}
    call(world, browser, "widget-report-go.href", elsewhere)
    assert list(dashboards.dashboard(owner, board.id).widgets) == [changed, other]
    assert "Add a widget" in shown(browser, f"/dashboards/{board.id}?edit=yes&change=w9")


def test_nobody_changes_a_widget_of_another_person(world: Served, owner: Scope) -> None:
    board = one_of_each(world, owner, shared=True)
    resident = browser_of(world, "resident")
    shown(resident, f"/dashboards/{board.id}")
    call(world, resident, "widget-note-go.href", {"widget-note-of": f"{board.id}||w-note", "widget-note-note": "Mine"})
    assert dashboards.dashboard(owner, board.id).widgets == board.widgets


def test_screens_on_the_wall_lead_from_one_dashboard_to_the_next(world: Served, owner: Scope) -> None:
    first, second = (dashboards.create_dashboard(owner, name, [Widget("w", "note", note=name)]) for name in ("A", "B"))
    browser = browser_of(world, "operator")
    assert f"/dashboards/{first.id}?kiosk=yes" in shown(browser, "/dashboards?kiosk")
    assert f"/dashboards/{second.id}?kiosk=30" in shown(browser, f"/dashboards/{first.id}?kiosk")
    page = shown(browser, f"/dashboards/{second.id}?kiosk=12")
    assert f"/dashboards/{first.id}?kiosk=12" in page
    assert "Arrange" not in page


def test_what_is_shown_says_so_while_its_store_is_away(world: Served, owner: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    board = one_of_each(world, owner)
    world.site.post_everything()

    def away(*_given: object, **_more: object) -> None:
        raise StoreAway("QuestDB does not answer")

    monkeypatch.setattr(connection, "_ask", away)
    browser = browser_of(world, "operator")
    page = shown(browser, f"/dashboards/{board.id}")
    assert "Ring the bell" in page
    assert "cannot be asked" not in page  # for the page itself asks for no reading: each widget does
    assert "The readings cannot be asked for now" in content(browser, board, "w-tile")
