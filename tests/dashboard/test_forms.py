"""A form says all that is wrong with it, each beside its field, keeps what was written, and is empty once it is done."""

import json
import re
from zoneinfo import ZoneInfo

import pytest

from dashboard.parts.fields import Choice, Moment, Text, in_question
from dashboard.parts.given import Given, Wrong
from dashboard.parts.table_body import aligned
from store.errors import Refused
from store.records.plant import devices, graph, regions, sites
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.web.test_arguments import HOSTILE, OF
from tests.dashboard.world import World

FIELDS = (
    Text("name", "Name", required=True),
    Text("kw", "Capacity (kW)", of="capacity_kw"),
    Choice("kind", "Kind", required=True, hint="Choose"),
    Moment("from", "From"),
)
BERLIN = ZoneInfo("Europe/Berlin")


def _problems(answer) -> dict[str, str]:
    """What is said beside which field."""
    text = json.dumps(answer.get_json(), ensure_ascii=False)
    return {key: words for words, key in re.findall(r'"children": "([^"]+)", "id": "[\w]+-([\w-]+)-problem"', text)}


def _values(answer, form: str) -> dict[str, object]:
    """What stands in the fields that came back."""
    found: dict[str, object] = {}

    def walk(part: object) -> None:
        if isinstance(part, list):
            for each in part:
                walk(each)
        elif isinstance(part, dict):
            props = part.get("props", part)
            if isinstance(props, dict) and "value" in props and str(props.get("id", "")).startswith(f"{form}-"):
                found[props["id"].removeprefix(f"{form}-")] = props["value"]
            for each in props.values() if isinstance(props, dict) else ():
                walk(each)

    walk(answer.get_json()["response"][f"{form}-inputs"])
    return found


def test_everything_that_is_wrong_is_said_at_once_each_beside_its_field(world: World) -> None:
    written = {
        "name": " ",
        "kind": "pv_battery",
        "zone": "",
        "currency": "EUR",
        "latitude": "north",
        "longitude": "",
        "voltage": "1e999",
    }
    answer = fill(world, world.client("admin"), "sites", **written, frequency="50", every="2.5")
    problems = _problems(answer)
    assert set(problems) == {"name", "zone", "latitude", "longitude", "voltage", "every"}
    assert problems["latitude"] == "'north' is not a number: write it like 51.5."
    assert problems["every"] == "2.5 is not a whole number: write it like 60."
    kept = _values(answer, "sites")
    assert (kept["latitude"], kept["currency"], kept["kind"]) == ("north", "EUR", "pv_battery"), "what was written stays"
    assert sites.sites_page(SYSTEM, Wanted()).total == 2


@pytest.mark.parametrize(
    ("form", "written", "field"),
    [
        ("node", {"name": "Hall", "kind": "sink"}, "name"),
        ("devices", {"name": "Hall box", "every": "60", "mode": "interval"}, "name"),
        ("devices", {"name": "New", "every": "0", "mode": "interval"}, "every"),
        ("facility", {"name": "North Campus", "zone": "Mars/Base", "currency": "GBP", "latitude": "1", "longitude": "1"}, "zone"),
        (
            "facility",
            {"name": "North Campus", "zone": "Europe/London", "currency": "POU", "latitude": "1", "longitude": "1"},
            "currency",
        ),
    ],
)
def test_what_the_records_refuse_stands_beside_the_field_that_it_is_about(
    world: World, form: str, written: dict[str, str], field: str
) -> None:
    plant(world)
    nominal = {"voltage": "230", "frequency": "50", "every": "60"} if form == "facility" else {}
    assert list(_problems(fill(world, world.client("admin"), form, world.site, **(nominal | written)))) == [field]


def test_a_form_that_is_done_is_empty_again(world: World) -> None:
    answer = fill(
        world, world.client("admin"), "node", world.site, name="Shed", kind="storage", kwh="20", **{"from": "2026-01-01"}
    )
    assert "Shed added" in said(answer)
    assert {value for key, value in _values(answer, "node").items() if key != "kind"} <= {"", None}
    assert _values(answer, "node")["kind"] == "sink", "what it begins with"


def test_a_password_is_never_sent_back(world: World) -> None:
    browser = world.client("root")
    answer = fill(world, browser, "users", name="", email="new@example.org", password="seventeen calm otters")
    assert "otters" not in said(answer)
    assert _problems(answer) == {"name": "Fill this in."}


def test_the_question_of_a_row_says_all_that_is_wrong_beside_its_fields_too(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    told = act(browser, "nodes", world.site, "edit", ids["Hall"], name="", kind="sink", kw="much", x="0.5", y="here")
    assert told.count('"className": "problem"') == 3
    assert "'much' is not a number" in told
    assert "Not saved yet" in told
    assert [node.name for node in graph.wiring(SYSTEM, world.site).nodes if node.id == ids["Hall"]] == ["Hall"]


def test_days_are_chosen_in_the_browsers_own_way(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    for page in ("keys", "tariffs", "access"):
        assert '"type": "date"' in said_page(browser, f"/site/{world.site}/{page}")
    asked = said(press(browser, "nodes", world.site, do="ask", act="end", row=ids["Hall"]))
    assert '"type": "date"' in asked
    assert '"type": "time"' in asked


def said_page(browser, path: str) -> str:
    """The layout that a document holds."""
    return browser.get(path).get_data(as_text=True).replace('":"', '": "')


def _given(**written: str) -> Given:
    return Given(FIELDS, {key.replace("_", "-"): value for key, value in written.items()})


def test_a_day_with_a_time_is_a_moment_of_the_sites_clocks() -> None:
    given = _given(**{"from": "2026-07-01", "from_time": "14:00"})
    assert f"{given.moment('from', BERLIN)}" == "2026-07-01 12:00:00+00:00"
    assert f"{_given(**{'from': '2026-07-01'}).moment('from', BERLIN)}" == "2026-06-30 22:00:00+00:00"
    assert _given().moment("from", BERLIN) is None


def test_a_time_without_a_day_is_not_guessed() -> None:
    given = _given(from_time="14:00")
    assert given.moment("from", BERLIN) is None
    assert given.problems["from"].words == "Choose the day too."


def test_of_a_time_that_the_clocks_show_twice_one_is_chosen() -> None:
    given = _given(**{"from": "2026-10-25", "from_time": "02:30"})
    assert given.moment("from", BERLIN) is None
    assert [value for value, _words in given.problems["from"].offsets] == ["+02:00", "+01:00"]
    question = json.dumps(in_question(FIELDS[3], given.said, given.problems["from"]).to_plotly_json(), default=vars)
    assert "from-offset" in question
    for offset, at in (("+02:00", "00:30"), ("+01:00", "01:30")):
        again = _given(**{"from": "2026-10-25", "from_time": "02:30", "from_offset": offset})
        assert f"{again.moment('from', BERLIN):%z}" == offset.replace(":", "")
        assert again.moment("from", BERLIN).astimezone(ZoneInfo("UTC")).strftime("%H:%M") == at


def test_nothing_is_done_while_something_is_wrong() -> None:
    given = _given(kw="many")
    given.text("name")
    given.number("kw")
    given.text("kind")
    with pytest.raises(Wrong, match=r"Name: Fill this in\. Capacity \(kW\): 'many' is not a number"):
        given.check()


def test_a_refusal_about_no_field_is_no_fields() -> None:
    given = _given(name="x")
    assert not given.blamed(Refused("the disk is full"))
    assert given.blamed(Refused("a capacity is not below 0", "capacity_kw"))
    assert list(given.problems) == ["kw"]


def test_decimals_stand_in_one_line() -> None:
    def drawn(cells: list[str]) -> list[str]:
        return [
            each if isinstance(each, str) else "".join(str(getattr(part, "children", part)) for part in each.children)
            for each in aligned(cells)
        ]

    assert [len(each) for each in drawn(["0.3", "0.275", "–", "12"])] == [5, 5, 1, 6]
    assert drawn(["1.5 kW", "10 kW"])[1].endswith(" kW")
    assert aligned(["1 234", "7"]) == ["1 234", "7"], "whole numbers need no room"


def test_the_address_keeps_what_is_searched_chosen_and_sorted(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    devices.create_device(SYSTEM, world.site, name="Roof")
    devices.retire_device(SYSTEM, ids["device"])
    path = f"/site/{world.site}/devices"
    assert "Hall box" not in shown(browser, path)
    page = shown(browser, f"{path}?devices.search=hall&devices.retired=all&devices.sort=-name")
    assert "Hall box" in page
    assert "Roof" not in page
    seen = {"search": "", "sort": "name", "descending": True, "filters": {"retired": "all"}}
    turned = said(press(browser, "devices", world.site, seen, do="sort", column="created_at"))
    assert "devices.retired=all&devices.sort=created_at" in turned
    long = f"devices.search={'x' * 999}"
    for foolish in ("devices.first=-1", "devices.first=9e9", "devices.sort=password", "devices.retired=%00", long):
        assert browser.get(f"{path}?{foolish}").status_code == 200


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:30])
def test_no_form_breaks_on_what_nobody_would_write(world: World, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insight.meters_now.power.live_power", lambda *_: {})
    ids, browser = plant(world), world.client("root")
    others = {"meter_id": ids["meter"], "region_id": regions.create_region(SYSTEM, name="GB").id}
    others |= {"site_id": world.site, "organisation_id": sites.site(SYSTEM, world.site).organisation_id}
    known = world.server.extensions["loadstar-dash"].callback_map
    found = [name.strip(".").partition("-inputs.children")[0] for name in known if "-inputs.children" in name]
    assert len(found) > 20
    for form in found:
        [name] = [each for each in known if each.strip(".").startswith(f"{form}-inputs.children")]
        keys = [each["id"].removeprefix(f"{form}-") for each in known[name]["state"]]
        written = {key: value for key in keys if key != "of"}
        answer = fill(world, browser, form, others[OF.get(form, "site_id")], **written)
        assert answer.status_code < 500, f"{form}: {answer.get_data(as_text=True)[:200]}"
