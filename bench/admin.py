"""Every page of an administrator, and whatever its tables can be asked, over the records of a large utility.

Which pages there are, which columns sort and which filters a table has is read from the pages themselves, so what is
added later is measured too. Each answer's time is taken where a browser would wait for it, on this machine.
"""

import html as entities
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from bench.crowd import CHIEF, PASSWORD, ROOT, Made, fill
from bench.figures import Figure, percentile
from bench.opened import ASKS, Given, Page, ask, callback, components, read
from bench.product import TOKEN, Browser, NotUp, Product
from bench.run import Run

AT_MOST_MS = 300
NAVIGATION = re.compile(r"<h2>([^<]+)</h2>(.*?)(?=<h2>|</nav>)", re.DOTALL)
LINK = re.compile(r'<a href="([^"]+)"')
LIVE = ("Site", "My energy")  # sections that are no administrator's


@dataclass(slots=True)
class Answer:
    """What was asked for, and how long each answer took, ms."""

    page: str
    asked: str
    took: list[float] = field(default_factory=list)


def admin(run: Run) -> list[Figure]:
    """Fill the records of a Loadstar of its own, then ask it for everything, as its administrator and as a utility's."""
    from sqlalchemy import inspect

    from store.records.access import audit
    from store.records.transaction import engine
    from store.scope import SYSTEM

    with run.alone(run.records) as product:
        if inspect(engine.engine()).get_table_names():
            raise NotUp("the records are not empty, and the bench would fill them with people: name an empty database")
        engine.upgrade()
        run.say("filling the records")
        made = fill(run.sizes.crowd)
        began = time.perf_counter()
        whole = audit.verify(SYSTEM)
        verified = time.perf_counter() - began
        engine.configure()
        product.up()
        answers = [*_everything(run, product, ROOT, made), *_everything(run, product, CHIEF, made)]
    assert whole.broken_at is None, whole  # noqa: S101 - else what was measured is no log of ours
    return [*_figures(run, answers), Figure(f"the chain of {whole.entries:,} entries, verified", verified, "s")]


def _figures(run: Run, answers: list[Answer]) -> list[Figure]:
    """Of each page the median and the slowest answer of all that it was asked; which one that was is said."""
    figures = []
    for page in dict.fromkeys(each.page for each in answers):
        here = [each for each in answers if each.page == page]
        slowest = max(here, key=lambda answer: max(answer.took))
        run.say(
            f"{page}: slowest of {len(here)} questions is {slowest.asked}, median of it {percentile(slowest.took, 0.5):.0f} ms"
        )
        taken = [took for each in here for took in each.took]
        figures.append(Figure(f"{page}: median answer", percentile(taken, 0.5), "ms"))
        figures.append(Figure(f"{page}: slowest answer", max(taken), "ms", at_most=AT_MOST_MS))
    median = percentile([took for each in answers for took in each.took], 0.5)
    return [*figures, Figure(f"administrators' pages, median of {len(answers)} questions", median, "ms")]


def _everything(run: Run, product: Product, who: str, made: Made) -> Iterator[Answer]:
    """All that one of them can ask for, page by page."""
    browser = Browser(product.dashboard_port)
    browser.sign_in(who, PASSWORD)
    name = who.partition("@")[0]
    run.say(f"asking as {name}")
    setup = f"/site/{made.sites[0]}/facility"
    document = ask(browser, "GET", setup)
    sections = [links for section, links in NAVIGATION.findall(document) if section not in LIVE]
    paths = [entities.unescape(href) for links in sections for href in LINK.findall(links)]
    paths += [f"/admin/meters/{made.meters[0][0]}", f"/admin/organisations/{made.customer}"]
    for path in dict.fromkeys(paths):
        called = f"{name} {path.replace(made.sites[0], '…').replace(made.meters[0][0], '…').replace(made.customer, '…')}"
        yield from _page(run, browser, path, called)
    yield from _view_as(run, browser, made.member, name)
    browser.close()


def _page(run: Run, browser: Browser, path: str, called: str) -> Iterator[Answer]:
    opened = Answer(called, "opened")
    documents: list[str] = []
    _timed(run, opened, lambda: documents.append(ask(browser, "GET", path)))
    yield opened
    page = read(path, documents[-1])
    for table in [each.removesuffix("-press") for each in page.properties if each.endswith("-press")]:
        for asked, pressed in islice(_questions(page, table), 0, None, run.sizes.nth):
            answer = Answer(called, f"{table}, {asked}")
            body = callback(page, f"{table}-body.children", pressed)
            _timed(run, answer, lambda body=body: ask(browser, "POST", f"/{ASKS}", body))
            yield answer
    for output, asked, given in OTHERS.get(path.rpartition("/")[2], ()):
        answer = Answer(called, asked)
        body = callback(page, output, given)
        _timed(run, answer, lambda body=body: ask(browser, "POST", f"/{ASKS}", body))
        yield answer


# What pages ask that is no table.
OTHERS: dict[str, tuple[tuple[str, str, Given], ...]] = {
    "audit-log": (
        ("audit-page.children", "the middle of it", {"audit-turn.data": {"older": 500_000}}),
        ("audit-page.children", "of a person", {"audit-who.value": CHIEF}),
        ("audit-page.children", "of a word", {"audit-text.value": "Schmidt"}),
        ("audit-page.children", "of an act", {"audit-action.value": "change"}),
        ("audit-page.children", "of a rare act", {"audit-action.value": "view_as"}),
        ("audit-page.children", "of a kind", {"audit-kind.value": "grants"}),
        ("audit-page.children", "until a day", {"audit-until.value": "2026-01-01"}),
        (
            "audit-page.children",
            "of a word, an act and a kind since a day",
            {
                "audit-text.value": "Ada",
                "audit-action.value": "change",
                "audit-kind.value": "users",
                "audit-since.value": "2025-01-01",
            },
        ),
    ),
    "graph": (("graph-figure.data", "drawn again", {"graph-interval.n_intervals": 1}),),
    "system": (("system-parts.children", "asked again", {"system-interval.n_intervals": 1}),),
}


def _questions(page: Page, table: str) -> Iterator[tuple[str, Given]]:
    """What a table can be asked: each order, each choice of each filter, its last page, searches, and what its acts ask."""
    body = page.properties[f"{table}-body"]["children"]
    presses = [json.loads(each["data-press"]) for each in components(body) if "data-press" in each]
    view = dict(page.properties[f"{table}-view"]["data"])

    def pressed(press: Given, **seen: Any) -> Given:
        return {f"{table}-press.data": press, f"{table}-view.data": view | seen}

    yield "read again", {f"{table}-changed.data": "now"}
    for press in presses:
        if press["do"] == "sort":
            column = press["column"]
            yield f"by {column}", pressed(press, sort="")
            yield f"by {column}, backwards", pressed(press, sort=column)
        elif press["do"] == "turn" and press["first"] > 50:
            yield f"from row {press['first']:,}", pressed(press)
    for key, values in _filters(page, table).items():
        for value in values:
            yield f"{key} {value}", pressed({"chosen": {key: value}})
    asks = {press["act"]: press for press in presses if press["do"] == "ask"}
    for act, press in asks.items():
        yield f"asked to {act}", pressed(press)
    if f"{table}-search" in page.properties:
        name = next((_text(each.get("children")) for each in components(body) if each.get("scope") == "row"), "a name")
        for many, word in {"many": "a", "one": name, "none": "zzzq"}.items():
            yield f"search for {many}", {f"{table}-search.value": word}


def _text(part: Any) -> str:
    return part if isinstance(part, str) else _text(part["props"]["children"]) if isinstance(part, dict) else ""


def _filters(page: Page, table: str) -> dict[str, list[str]]:
    filters = {}
    for each in page.properties.values():
        if each.get("data-table") == table:
            for select in components(each["children"]):
                if "data-filter" in select:
                    options = [option["value"] for option in components(select["children"]) if option.get("value")]
                    filters[select["data-filter"]] = options
    return filters


def _view_as(run: Run, browser: Browser, person: str, name: str) -> Iterator[Answer]:
    began, seen, ended = (Answer(f"{name} view as", words) for words in ("begun", "what they see", "ended"))
    document = ask(browser, "GET", "/admin/users")
    form = {"Content_Type": "application/x-www-form-urlencoded"}

    def post(path: str) -> None:
        token = TOKEN.search(document)
        if token is None:
            raise NotUp("a page holds no token of forms")
        ask(browser, "POST", path, urlencode({"csrf_token": token[1]}).encode(), **form)

    for _ in range(run.sizes.asks):
        _timed(run, began, lambda: post(f"/view-as/{person}"), once=True)
        _timed(run, seen, lambda: ask(browser, "GET", "/organisation"), once=True)
        _timed(run, ended, lambda: post("/view-as/end"), once=True)
    yield from (began, seen, ended)


def _timed(run: Run, answer: Answer, call: Any, *, once: bool = False) -> None:
    for _ in range(1 if once else run.sizes.asks):
        began = time.perf_counter()
        call()
        answer.took.append((time.perf_counter() - began) * 1000)
