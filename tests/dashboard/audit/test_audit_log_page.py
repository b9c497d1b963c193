"""The audit log is read, filtered, exported and checked in the browser, by whoever may read it."""

import csv
import io
import json
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from store.records.access import audit
from store.records.people import organisations, users
from store.records.plant import sites
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.dashboard.pages import shown
from tests.dashboard.world import World, csrf

FIELDS = ("who", "text", "action", "kind", "since", "until")


def _client(world: World, who: str):
    browser = world.client(who)
    browser.get("/account")
    return browser


def _show(browser, *, turn: dict | None = None, older: list[int] | None = None, **given: str):
    outputs = [("audit-page", "children"), ("audit-older", "data"), ("audit-export", "href")]
    inputs = [{"id": f"audit-{name}", "property": "value", "value": given.get(name, "")} for name in FIELDS]
    body = {
        "output": f"..{'...'.join('.'.join(each) for each in outputs)}..",
        "outputs": [{"id": name, "property": what} for name, what in outputs],
        "inputs": [*inputs, {"id": "audit-turn", "property": "data", "value": turn}],
        "state": [{"id": "audit-older", "property": "data", "value": older or []}],
        "changedPropIds": ["audit-turn.data" if turn else "audit-text.value"],
    }
    return browser.post("/_dash-update-component", json=body, headers=csrf(browser))


def _rows(answer) -> str:
    return json.dumps(answer.get_json()["response"]["audit-page"]["children"], ensure_ascii=False)


def _verify(browser, query: dict[str, str] | None = None):
    body = {
        "output": "audit-verdict.children",
        "outputs": {"id": "audit-verdict", "property": "children"},
        "inputs": [{"id": "audit-verify", "property": "n_clicks", "value": 1}],
        "state": [],
        "changedPropIds": ["audit-verify.n_clicks"],
    }
    return browser.post("/_dash-update-component", json=body, query_string=query, headers=csrf(browser))


def _verdict(browser) -> tuple[str, list[str]]:
    """What the job answers in the end, and what it told meanwhile."""
    started = _verify(browser).get_json()
    told: list[str] = []

    def ready() -> str:
        answer = _verify(browser, {name: started[name] for name in ("cacheKey", "job")}).get_json()
        told.extend(str(each) for each in (answer.get("progress") or {}).values())
        return json.dumps(answer["response"]) if "response" in answer else ""

    return str(eventually(ready, within_s=90, every_s=0.2)), told


@pytest.mark.parametrize(("who", "status"), [("root", 200), ("admin", 200), ("operator", 404), ("resident", 404)])
def test_administrators_read_it_and_nobody_else(world: World, who: str, status: int) -> None:
    browser = _client(world, who)
    assert browser.get("/admin/audit-log").status_code == status
    assert browser.get("/admin/audit-log.csv").status_code == status
    assert _show(browser).status_code == status


def test_an_entry_says_who_did_what_to_what_before_and_after_and_from_where(world: World) -> None:
    with audit.acting(world.people["admin"], "203.0.113.7"):
        users.set_approval(SYSTEM, world.people["operator"], "disabled")
    found = _rows(_show(_client(world, "root"), kind="users", action="change"))
    for words in ("Admin", "Changed", "Person", world.people["operator"], "approved", " → ", "disabled", "203.0.113.7"):
        assert words in found


def test_it_is_filtered_by_person_action_subject_and_time(world: World) -> None:
    browser = _client(world, "root")
    with audit.acting(world.people["admin"]):
        organisations.rename_organisation(SYSTEM, sites.site(SYSTEM, world.site).organisation_id, "Renamed Power")
    assert "Renamed Power" in _rows(_show(browser, who="admin@example.org"))
    assert "Renamed Power" not in _rows(_show(browser, who="operator@example.org"))
    assert "Renamed Power" in _rows(_show(browser, text="renamed power", action="change"))
    assert "Nothing fits" in _rows(_show(browser, until="2001-01-01"))
    assert "Renamed Power" in _rows(_show(browser, since="2001-01-01", kind="organisations", action="change"))


def test_a_link_brings_its_filters_and_what_there_is_no_such_choice_of_is_left_out(world: World) -> None:
    browser = _client(world, "root")
    with audit.acting(world.people["admin"]):
        organisations.rename_organisation(SYSTEM, sites.site(SYSTEM, world.site).organisation_id, "Renamed Power")

    def page(**kept: str) -> str:
        return shown(browser, f"/admin/audit-log?{urlencode({f'audit.{name}': value for name, value in kept.items()})}")

    assert "Renamed Power" in page(who="admin@example.org", kind="organisations", action="change")
    assert "Renamed Power" not in page(who="operator@example.org")
    assert "Renamed Power" in page(kind="dragons", action="breathe_fire", older="0x1F", text="renamed power")
    assert "Nothing fits" in page(older="1")
    assert "is no day" in page(since="yesterday")
    kept = _show(browser, text="renamed power", action="change").get_json()["response"]["audit-page"]["children"][-1]["props"]
    assert kept["data-keeps"] == "audit.text=renamed+power&audit.action=change"


def test_a_name_that_several_have_or_none_is_asked_about(world: World) -> None:
    browser = _client(world, "root")
    for number in range(2):
        users.create_user(SYSTEM, email=f"twin{number}@example.org", name="Twin", password=None)
    assert "write the whole address" in _rows(_show(browser, who="Twin"))
    assert "Nobody here is called" in _rows(_show(browser, who="Rumpelstiltskin"))
    assert "is no day" in _rows(_show(browser, since="yesterday"))


def test_older_pages_follow_and_newer_ones_come_back(world: World) -> None:
    for number in range(60):
        audit.note("export", told={"number": number})
    browser = _client(world, "root")
    first = _show(browser, action="export")
    assert "number: " in _rows(first)
    sequence = audit.entries(SYSTEM, audit.Filter(action="export"))[-1].sequence
    second = _show(browser, action="export", turn={"older": sequence})
    assert second.get_json()["response"]["audit-older"]["data"] == [sequence]
    assert '"9"' in _rows(second)
    back = _show(browser, action="export", turn={"older": None}, older=[sequence])
    assert _rows(back) == _rows(first)


def test_an_administrator_of_an_organisation_reads_of_their_own_people_only(world: World) -> None:
    users.set_approval(SYSTEM, world.people["stranger"], "disabled")
    users.set_approval(SYSTEM, world.people["operator"], "disabled")
    found = _rows(_show(_client(world, "admin"), action="change", kind="users"))
    assert world.people["operator"] in found
    assert world.people["stranger"] not in found


def test_the_export_is_safe_in_a_spreadsheet_and_stands_in_the_log(world: World) -> None:
    home = sites.site(SYSTEM, world.site).organisation_id
    with audit.acting("=cmd|' /C calc'!A0"):
        organisations.rename_organisation(SYSTEM, home, "+1+1")
    answer = _client(world, "root").get("/admin/audit-log.csv?action=change&kind=organisations")
    assert answer.mimetype == "text/csv"
    lines = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert lines[0]["actor"] == "'=cmd|' /C calc'!A0"
    assert not [cell for line in lines for cell in line.values() if cell.startswith(("=", "+", "-", "@"))]
    assert audit.entries(SYSTEM, limit=1)[0].action == "export"


def test_the_chain_is_verified_and_a_broken_one_said_to_be(world: World, worker: None) -> None:
    browser = _client(world, "root")
    assert "Stop" in json.dumps(shown(browser, "/admin/audit-log"))
    said, told = _verdict(browser)
    assert "The chain holds" in said
    assert told
    assert _verify(_client(world, "admin")).status_code == 404
    with engine.engine().execution_options(writes=True).begin() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
        ).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text("UPDATE audit SET actor = 'somebody else' WHERE sequence = 2"))
    assert "broken at entry 2" in _verdict(browser)[0]
