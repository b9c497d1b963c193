"""A street of homes, a supply and several sites, asked for over HTTP as `bench.seen_pages` asks; and dashboards of them.

Of what has no days to choose, somebody asks for the first time who sees other sites than anybody before.
"""

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bench import street
from bench.figures import Figure, percentile
from bench.opened import ASKS, ask, callback, read
from bench.product import Browser
from bench.run import Run
from bench.seen_pages import COLD_MS, WARM_MS, WARMED, Address, asked, first_and_again, pager, person_who_sees, taken
from bench.seen_parts import costs, part
from bench.street import Street
from config.settings import Settings

if TYPE_CHECKING:
    from store.records.people.dashboards import Widget

OWNER = "street@bench.example"
AT_ONCE = 6  # connections that a browser has with one server
CONTENT = '{"type":"board-content","widget":["MATCH"]}.children'
AGAIN = '{{"type":"board-again","widget":"{}"}}.n_intervals'


def places(run: Run, settings: Settings, site: str) -> Iterator[Figure]:
    """All of it; `site` is the one that `bench.see` fills."""
    seen, port, asks = street.street(run, settings), settings.dashboard_port, run.sizes.repeats
    run.say("asking for what is seen of homes")
    person = person_who_sees(port, OWNER)
    for name, address in _addresses(seen).items():
        yield from first_and_again(name, pager(person, address), asks)
    last = seen.end.astimezone(ZoneInfo(street.ZONE)).date() - timedelta(days=1)
    yield from costs(person, " of a street", seen.site, last, asks)
    now = {"supply-interval.n_intervals": 1}
    yield from part(person, "power quality, as it is now", _addresses(seen)[SUPPLY], "supply-now.children", now, asks)
    run.say("asking as people who see other sites than anybody before")
    strangers = [
        person_who_sees(port, f"stranger{n}@bench.example", [site, seen.site, *_some(seen.beside, n + 1)]) for n in range(asks)
    ]
    yield from first_and_again("all sites at a glance", lambda n: asked(strangers[n], "/sites"), asks)
    for name, board in _boards(seen).items():
        yield from _board(name, board, strangers)
    for each in (person, *strangers):
        each.close()


SUPPLY = "power quality, a week"


def _addresses(seen: Street) -> Mapping[str, Address]:
    """The address of the nth ask of each page, of other days."""
    at = f"/site/{seen.site}"
    end = seen.end.astimezone(ZoneInfo(street.ZONE)).replace(hour=0)

    def until(n: int) -> str:
        return f"until={end.date() - timedelta(days=7 * n + 1)}"

    def window(n: int, days: int) -> str:
        last = end - timedelta(days=n)
        return f"from={last - timedelta(days=days):%Y-%m-%dT%H:%M}&to={last:%Y-%m-%dT%H:%M}"

    return {
        "battery, 31 days of a street": lambda n: f"{at}/battery?{until(n)}",
        "solar home, a day of a street": lambda n: f"{at}/solar?{window(n, 1)}",
        "solar home, 30 days of a street": lambda n: f"{at}/solar?{window(n, 30)}",
        "consumers of a street, 31 days": lambda n: f"{at}/consumers?{until(n)}",
        SUPPLY: lambda n: f"{at}/power-quality?week={seen.weeks[n % len(seen.weeks)]}",
    }


def _some(beside: list[str], number: int) -> list[str]:
    """Those of the sites beside that the bits of a number say: of each number others."""
    return [each for place, each in enumerate(beside) if number >> place & 1]


def _boards(seen: Street) -> Mapping[str, str]:
    """Dashboards that whoever sees the street may open, by name."""
    from dashboard.boards import kinds
    from insight.site_view import site_view
    from store.records.access.policy import scope_of
    from store.records.people import dashboards, users
    from store.scope import SYSTEM

    widgets = {
        "dashboard that homes begin with": kinds.starting(site_view(SYSTEM, seen.site)),
        "dashboard of 17 widgets": _many(seen),
    }
    owner = scope_of(users.user(SYSTEM, OWNER).id)
    made = {name: dashboards.create_dashboard(owner, name, of).id for name, of in widgets.items()}
    for name, board in made.items():
        dashboards.name_dashboard(owner, board, name, shared=True)
    return made


def _many(seen: Street) -> list["Widget"]:
    """Seventeen widgets, of each kind at least one, of the street and of the use of a home."""
    from dashboard.boards.kinds import KINDS
    from dashboard.boards.places import settled
    from store.records.people.dashboards import Widget

    of = [("tile", each, "") for each in ("demand", "production", "battery", "cost")]
    of += [("line", "site", "48h"), ("line", seen.use, "30d"), ("sankey", "", "today"), ("map", "", "")]
    of += [("calendar", "site", ""), ("heat", seen.use, "31"), ("figure", "site", "31"), ("figure", seen.use, "7")]
    of += [("report", "site", "last_month"), ("report", seen.use, "month"), ("budgets", "site", ""), ("alerts", "", "")]
    widgets = [
        Widget(f"w{at}", kind, seen.site, what, period, "energy" if kind == "report" else "", w=KINDS[kind].w, h=KINDS[kind].h)
        for at, (kind, what, period) in enumerate(of)
    ]
    return settled([*widgets, Widget("note", "note", note="Ring the bell.")])


def _board(name: str, board: str, people: list[Browser]) -> Iterator[Figure]:
    """The page of a dashboard, each of its widgets by itself, and all of them as a browser asks for them."""
    path = f"/dashboards/{board}"
    yield from first_and_again(name, lambda n: asked(people[n], path), len(people))
    of_people = [(each, _widgets(each, path)) for each in people]
    alone, together = of_people[::2], of_people[1::2]
    cold = [took for person, bodies in alone for took in _one_by_one(person, bodies)]
    warm = [_one_by_one(*alone[0]) for _ in range(WARMED)][-1]
    yield Figure(f"see: {name}: a widget: first time, p95", percentile(cold, 0.95), "ms", at_most=COLD_MS)
    yield Figure(f"see: {name}: a widget: once more, p95", percentile(warm, 0.95), "ms", at_most=WARM_MS)
    for which in ("first time", "once more"):
        took = [_at_once(person, bodies) for person, bodies in together]
        yield Figure(f"see: {name}: all widgets, {AT_ONCE} at once: {which}", percentile(took, 0.5), "ms")


def _widgets(person: Browser, path: str) -> list[bytes]:
    """What is sent for each of the widgets of a dashboard."""
    page = read(path, asked(person, path).decode())
    ids = [json.loads(name)["widget"] for name in page.properties if name.startswith('{"type":"board-again"')]
    return [callback(page, CONTENT, {AGAIN.format(each): 1}, each) for each in ids]


def _one_by_one(person: Browser, bodies: list[bytes]) -> list[float]:
    return [taken(lambda n: ask(person, "POST", f"/{ASKS}", bodies[n]), n) for n in range(len(bodies))]


def _at_once(person: Browser, bodies: list[bytes]) -> float:
    """Milliseconds until the last of them is there."""
    free: SimpleQueue[Browser] = SimpleQueue()
    for _ in range(AT_ONCE):
        connection = Browser(person.port)
        connection.cookies = dict(person.cookies)
        free.put(connection)

    def one(body: bytes) -> None:
        connection = free.get()
        ask(connection, "POST", f"/{ASKS}", body)
        free.put(connection)

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, bodies))
    elapsed = (time.perf_counter() - began) * 1000
    while not free.empty():
        free.get().close()
    return elapsed
