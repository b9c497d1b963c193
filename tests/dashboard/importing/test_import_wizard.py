"""A file is read as it is said, shown before anything of it is stored, and never imported by a guess."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from dashboard.importing.look import look
from ingest.files import shelf
from ingest.files.checking import Checked, Problem
from store.records.access import policy
from store.records.jobs import asking, working
from store.records.jobs.kinds import Queue
from store.records.plant import declarations, graph, imports, meters, uploads
from store.records.schema.listing import Wanted
from store.scope import SYSTEM, Scope
from tests.dashboard.pages import call, shown
from tests.dashboard.world import World

Upload = Callable[..., str]
NEWEST = Wanted(sort="created_at", descending=True)
TIMES = [f"{day:02}/11/2025 {hour:02}:00" for day in range(1, 11) for hour in range(24)]  # which number is the month?
CAMPUS = "\n".join(
    [
        ",".join(["Group", "Use", *TIMES]),
        *(",".join([f"Building {number} - {use}", use, *["1.5"] * len(TIMES)]) for number, use in ((12, "lab"), (7, "hall"))),
    ]
)


@pytest.fixture
def upload(world: World) -> Upload:
    """Sends a file as somebody does, piece by piece; its id."""

    def send(text: str, who: str = "operator", name: str = "campus.csv") -> str:
        scope = _scope(world, who)
        made = shelf.begin_upload(scope, world.settings, name, len(text.encode()))
        shelf.add_piece(scope, world.settings, made.id, 0, iter([text.encode()]))
        return made.id

    return send


def _scope(world: World, who: str) -> Scope:
    return policy.scope_of(world.people[who])


def _press(world: World, who: str, upload_id: str, button: str, **given: Any) -> str:
    controls = {
        "import-upload": upload_id,
        "import-new-site": world.site,
        "import-profile": "-",
        "import-fed-from": given.pop("fed_from", None),
        "import-save-as": given.pop("save_as", ""),
    }
    for kind, key in (("entry", "entry"), ("quantity", "place"), ("unit", "place"), ("meter", "name")):
        name = f"import-{kind}"
        controls[name] = [({"type": name, key: of}, value) for of, value in given.pop(kind, {}).items()]
    assert not given
    return call(world, _browser(world, who), "import-go.href", controls, f"import-{button}")


def _shown(world: World, upload_id: str, who: str = "operator") -> str:
    given = {"import-upload": upload_id, "import-new-site": world.site}
    return call(world, _browser(world, who), "import-steps.children", given, "import-upload")


def _browser(world: World, who: str) -> FlaskClient:
    browser = world.client(who)
    browser.get("/account")  # whose document holds the token of forms
    return browser


def _entries(world: World, upload_id: str, who: str = "operator", **said: str) -> dict[str, str]:
    """The controls as they are shown, but for what is said."""
    found = look(_scope(world, who), world.site, upload_id).proposal
    assert found is not None
    return {each.name: each.value or "-" for each in found.entries if each.name not in ("container", "shape", "heads")} | said


def test_what_the_file_does_not_prove_is_asked_and_nothing_is_imported_before(world: World, upload: Upload) -> None:
    sent = upload(CAMPUS)
    told = _shown(world, sent)
    assert "Please say." in told and "11 Jan 2025" in told and "1 Nov 2025" in told
    assert "the times fit more than one way" in told.lower()
    said = _press(world, "operator", sent, "start")
    assert "nothing is imported on a guess" in said
    assert imports.imports_page(SYSTEM, world.site, NEWEST).total == 0


def test_what_is_said_stays_and_moves_the_preview(world: World, upload: Upload) -> None:
    sent = upload(CAMPUS)
    entries = _entries(world, sent, format="%d/%m/%Y %H:%M", at="start", zone="+10:00", meter_pattern=r"Building (\d+)")
    told = _press(world, "operator", sent, "apply", entry=entries)
    assert "2025-10-31 14:00" in told, "the moment in UTC of 1 November at +10:00"
    assert "Please say." not in told
    again = _shown(world, sent)  # a reload, another browser, another day
    assert "2025-10-31 14:00" in again and "Please say." not in again
    found = look(_scope(world, "operator"), world.site, sent)
    assert found.seen is not None and sorted(found.seen.meters) == ["12", "7"]


def test_the_way_from_a_campus_file_to_its_import(world: World, upload: Upload) -> None:
    bus = graph.create_node(SYSTEM, world.site, name="Bus", kind="bus", valid_from=declarations.BEGINNING).id
    twelve = graph.create_node(
        SYSTEM, world.site, name="Twelve", kind="sink", technology="load", valid_from=declarations.BEGINNING
    ).id
    edge = graph.create_edge(SYSTEM, world.site, from_node_id=bus, to_node_id=twelve).id
    lab = meters.create_meter(SYSTEM, world.site, name="Laboratory", edge_id=edge).id
    sent = upload(CAMPUS, "admin")
    entries = _entries(world, sent, "admin", format="%d/%m/%Y %H:%M", at="start", meter_pattern=r"Building (\d+)")
    _press(world, "admin", sent, "apply", entry=entries)
    told = _press(world, "admin", sent, "meters", entry=entries, meter={"12": "laboratory ", "7": ""})
    assert "1 of 2 have a meter here" in told
    told = _press(world, "admin", sent, "create", fed_from=bus)
    assert "1 meter created" in told and "2 of 2 have a meter here" in told
    made = {each.name: each.id for each in meters.meters_of(SYSTEM, world.site)}
    [declared] = declarations.energy_declarations(SYSTEM, [made["7"]])[made["7"]]
    assert (declared.method, declared.interval_s) == ("interval", 3600)
    entries = _entries(world, sent, "admin")
    told = _press(world, "admin", sent, "start", entry=entries, meter={"12": "Laboratory", "7": "7"}, save_as="Campus export")
    [begun] = imports.imports_page(SYSTEM, world.site, NEWEST).rows
    assert f"/site/{world.site}/imports/{begun.record.id}" in told
    assert begun.record.profile["meters"] == {"12": lab} and begun.record.profile["stamp"]["format"] == "%d/%m/%Y %H:%M"
    assert begun.state == "waiting" and begun.record.profile_name == "Campus export"
    for path in (f"/site/{world.site}/imports", f"/site/{world.site}/imports/{begun.record.id}"):
        assert "campus.csv" in shown(world.client("operator"), path)

    # The same export of the next month comes without questions.
    sent = upload(CAMPUS.replace("/11/2025", "/12/2025"), "admin", "december.csv")
    told = _shown(world, sent, "admin")
    assert "Read as files of “Campus export” were before" in told and "Please say." not in told
    assert "2 of 2 have a meter here" in told and "2025-12-01 00:00" in told


def test_a_meter_that_the_site_does_not_have_is_said_and_nothing_is_kept(world: World, upload: Upload) -> None:
    sent = upload(CAMPUS)
    entries = _entries(world, sent, format="%d/%m/%Y %H:%M", at="start", meter_pattern=r"Building (\d+)")
    _press(world, "operator", sent, "apply", entry=entries)
    told = _press(world, "operator", sent, "apply", entry=entries, meter={"12": "Laboratry", "7": ""})
    assert "has no meter 'Laboratry'" in told
    assert dict(look(_scope(world, "operator"), world.site, sent).draft.meters) == {}


def test_each_of_two_meters_of_one_name_can_be_meant(world: World, upload: Upload) -> None:
    first, second = (meters.create_meter(SYSTEM, world.site, name="Lab", role="condition").id for _ in range(2))
    sent = upload(CAMPUS)
    entries = _entries(world, sent, format="%d/%m/%Y %H:%M", at="start", meter_pattern=r"Building (\d+)")
    _press(world, "operator", sent, "apply", entry=entries)
    _press(world, "operator", sent, "apply", entry=entries, meter={"12": f"Lab ({second})", "7": f"Lab ({first})"})
    assert dict(look(_scope(world, "operator"), world.site, sent).draft.meters) == {"12": second, "7": first}


def test_what_is_sent_of_a_campus_grows_with_its_meters_and_not_with_their_square(world: World, upload: Upload) -> None:
    rows = [",".join([f"Hall {number}", "lab", *["1.5"] * len(TIMES)]) for number in range(60)]
    for number in range(60):
        meters.create_meter(SYSTEM, world.site, name=f"Hall {number}", role="condition")
    told = _shown(world, upload("\n".join([",".join(["Group", "Use", *TIMES]), *rows])))
    assert 0 < told.count("Hall 17") < 10


@pytest.mark.parametrize(
    "entry, words",
    [
        ({"zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"meter_pattern": "("}, "name cannot be read"),
        ({"unit": "furlong"}, "furlong"),
        ({"interval_s": "soon"}, "soon"),
        ({"delimiter": "|"}, "no table was found"),
    ],
)
def test_what_cannot_be_is_said_and_not_kept(world: World, upload: Upload, entry: dict[str, str], words: str) -> None:
    sent = upload(CAMPUS)
    assert words in _press(world, "operator", sent, "apply", entry=_entries(world, sent, **entry)).lower().replace(
        "mars/olympus", "Mars/Olympus"
    )
    assert "Please say." in _shown(world, sent)


def test_a_change_that_was_not_previewed_is_not_started(world: World, upload: Upload) -> None:
    sent = upload(CAMPUS)
    entries = _entries(world, sent, format="%d/%m/%Y %H:%M", at="start")
    _press(world, "operator", sent, "apply", entry=entries)
    assert "changed since the preview" in _press(world, "operator", sent, "start", entry=entries | {"at": "end"})
    assert imports.imports_page(SYSTEM, world.site, NEWEST).total == 0


def _check(world: World, who: str, upload_id: str, act: str) -> str:
    given = {
        "import-upload": upload_id,
        "import-new-site": world.site,
        "import-check-of": "",
    }
    return call(world, _browser(world, who), "import-check.children", given, {"type": "import-check-act", "act": act})


def test_the_check_of_a_whole_file_is_its_persons_goes_on_by_its_upload_and_is_of_what_was_said(
    world: World, upload: Upload
) -> None:
    sent = upload(CAMPUS)
    assert "Check the whole file" in _shown(world, sent)
    assert "waits for its turn" in _check(world, "operator", sent, "start")
    first = uploads.check_of(_scope(world, "operator"), sent)
    assert first is not None and "Cancel the check" in _shown(world, sent)
    assert "waits for its turn" not in _check(world, "admin", sent, "start"), "it is somebody else's upload"
    _check(world, "operator", sent, "start")
    second = uploads.check_of(_scope(world, "operator"), sent)
    assert second is not None and second.id != first.id
    assert asking.job(_scope(world, "operator"), first.id).state == "cancelled", "one at a time"
    assert "The check was cancelled." in _check(world, "operator", sent, "cancel")
    _check(world, "operator", sent, "start")

    claimed = working.claim(SYSTEM, "w", [Queue.FILES], ["file_check"])
    assert claimed is not None and claimed.claim is not None
    as_read = claimed.arguments["as_read"]
    found = Checked(as_read, 239, changed=7, unchanged=30, refused={"bad_time": 2}, problems=[Problem(3, "bad_time", "no time")])
    working.finish(SYSTEM, claimed.claim, msgspec.to_builtins(found))
    told = _shown(world, sent)
    assert "instead of another value" in told and "row 3: no time" in told and "202" in told
    _press(world, "operator", sent, "apply", entry=_entries(world, sent, zone="+10:00"))
    assert "row 3: no time" not in _shown(world, sent) and "before something was changed" in _shown(world, sent)
    _check(world, "operator", sent, "start")
    shelf.end_upload(_scope(world, "operator"), world.settings, sent)
    assert {each.state for each in asking.own_jobs(_scope(world, "operator"))} == {"cancelled", "done"}
    assert not list((world.settings.home / "uploads").iterdir())


def test_columns_of_a_long_file_are_chosen_one_by_one(world: World, upload: Upload) -> None:
    rows = [f"{day:02}.11.2025 {hour:02}:00;1,5;20;30" for day in range(13, 20) for hour in range(24)]
    sent = upload("\n".join(["Time;Hall (kW);Yard;Roof", *rows]), name="hours.csv")
    entries = _entries(world, sent, zone="Europe/London", at="start")
    entries = {name: value for name, value in entries.items() if name not in ("unit", "quantity")}
    told = _press(
        world, "operator", sent, "apply", entry=entries,
        quantity={"1": "energy_kwh", "2": "temperature_c", "3": "-"}, unit={"1": "kW", "2": "°C", "3": ""},
    )  # fmt: skip
    assert "Read so." in told, told
    found = look(_scope(world, "operator"), world.site, sent)
    assert [(each.quantity, each.unit, each.mean_power) for each in found.profile.columns] == [
        ("energy_kwh", "kW", True),
        ("temperature_c", "°C", False),
    ]


def test_operators_import_and_only_administrators_make_meters(world: World, upload: Upload) -> None:
    bus = graph.create_node(SYSTEM, world.site, name="Bus", kind="bus").id
    sent = upload(CAMPUS)
    assert "ask one of them" in _shown(world, sent)
    _press(world, "operator", sent, "create", fed_from=bus)
    assert meters.meters_of(SYSTEM, world.site) == []


def test_whoever_starts_in_another_tab_what_was_discarded_is_told_where_to_look(world: World, upload: Upload) -> None:
    sent = upload(CAMPUS)
    uploads.forget_upload(policy.scope_of(world.people["operator"]), sent)
    assert "look under Imports" in _press(world, "operator", sent, "start")


def test_somebody_elses_upload_is_not_there(world: World, upload: Upload) -> None:
    sent = upload(CAMPUS)
    assert world.client("admin").get(f"/site/{world.site}/import/{sent}").status_code == 404
    assert world.client("stranger").get(f"/site/{world.site}/imports").status_code == 404
    assert "hours" not in _shown(world, sent, "admin") and "Building" not in _shown(world, sent, "admin")


def test_what_is_no_file_of_readings_is_said_in_words(world: World, upload: Upload) -> None:
    sent = upload("<!doctype html><html><body>Please sign in</body></html>")
    assert "web page" in _shown(world, sent)
