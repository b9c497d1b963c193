"""The bench's utility is one that could be: its rules hold, its log verifies, and its pages are all asked."""

import json
from pathlib import Path
from typing import Any

from bench import admin, opened
from bench.crowd import CHIEF, ROOT, fill
from bench.run import FEW
from store.records.access import audit, policy
from store.records.people import lists, users
from store.records.plant import dated_graph
from store.records.plant.meter_life import meters_page
from store.records.schema.listing import Wanted
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.records import fresh


def test_as_many_are_made_as_were_asked_for_and_the_log_verifies(tmp_path: Path) -> None:
    fresh(f"sqlite:///{tmp_path}/records.sqlite3")
    made = fill(FEW)
    verdict = audit.verify(SYSTEM)
    assert (verdict.broken_at, verdict.entries > FEW.entries) == (None, True)
    assert lists.people(SYSTEM, Wanted()).total == FEW.users + 2
    assert meters_page(SYSTEM, Wanted()).total == FEW.meters
    assert len(dated_graph.site_graph(SYSTEM, made.sites[0]).nodes) == FEW.nodes
    assert policy.scope_of(users.user(SYSTEM, ROOT).id).everything
    assert made.sites[0] in policy.scope_of(users.user(SYSTEM, CHIEF).id).admin_of
    assert users.user(SYSTEM, made.member).organisation_id == made.customer
    with engine.engine().connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def _part(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "namespace": "x", "props": properties}


def _button(**told: Any) -> dict[str, Any]:
    return _part("Button", **{"data-press": json.dumps(told)})


def test_whatever_a_table_offers_is_asked() -> None:
    body = [_part("Th", scope="row", children=_part("A", children="Ada")), _button(do="sort", column="name")]
    body += [_button(do="turn", first=0), _button(do="turn", first=400), _button(do="ask", act="end", row="x")]
    options = [_part("Option", value=value) for value in ("", "late")]
    tools = _part("Select", children=options, **{"data-filter": "state"})
    parts = [_part("Div", id="t-body", children=body), _part("Store", id="t-view", data={"first": 0}), tools]
    parts += [_part("Store", id="t-press"), _part("Input", id="t-search")]
    layout = json.dumps(_part("Section", children=parts, **{"data-table": "t"}))
    scripts = {"layout": layout, "dependencies": "[]"}
    page = opened.read("/t", "".join(f'<script id="boot-{n}" type="application/json">{t}</script>' for n, t in scripts.items()))
    asked = dict(admin._questions(page, "t"))
    assert list(asked) == [
        "read again",
        "by name",
        "by name, backwards",
        "from row 400",
        "state late",
        "asked to end",
        "search for many",
        "search for one",
        "search for none",
    ]
    assert asked["by name, backwards"]["t-view.data"] == {"first": 0, "sort": "name"}
    assert asked["search for one"] == {"t-search.value": "Ada"}
