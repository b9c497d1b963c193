"""How files are read is kept by name, and renamed or deleted by whoever operates the site; what was read by it stays."""

import msgspec

from ingest.files.profile import Profile
from store.records.access import audit
from store.records.plant import import_profiles, imports
from store.records.plant.imports import File
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, press, said
from tests.dashboard.world import World

FORM = msgspec.json.decode(msgspec.json.encode(Profile(shape="wide")))


def test_a_profile_is_listed_with_what_uses_it_renamed_with_its_imports_and_deleted(world: World) -> None:
    browser = world.client("operator")
    assert "None yet" in shown(browser, f"/site/{world.site}/imports")
    campus = import_profiles.save_profile(SYSTEM, world.site, "Campus", FORM)
    import_profiles.save_profile(SYSTEM, world.site, "Portal", FORM)
    imports.begin(SYSTEM, world.site, "imp_000000000000", File("a.csv", 1, "0" * 64, 1), FORM, "Campus")
    listed = said(press(browser, "profiles", world.site, searched=False, do="sort", column="name"))
    assert "text (CSV), a row for each meter" in listed and "never" in listed and '"1"' in listed
    assert (
        "another profile is called"
        in act(browser, "profiles", world.site, "rename", campus.id, searched=False, name="Portal").lower()
    )
    assert "Fill this in" in act(browser, "profiles", world.site, "rename", campus.id, searched=False, name=" ")
    assert "is called Campus A now" in act(browser, "profiles", world.site, "rename", campus.id, searched=False, name="Campus A")
    assert imports.seen(SYSTEM, "imp_000000000000").record.profile_name == "Campus A"
    for who in ("resident", "chief"):
        told = {"do": "act", "act": "delete", "row": campus.id, "given": {}}
        assert press(world.client(who), "profiles", world.site, searched=False, **told).status_code == 404
    assert "no longer exists" in act(world.client("root"), "profiles", world.foreign_site, "delete", campus.id, searched=False)
    assert "is deleted" in act(browser, "profiles", world.site, "delete", campus.id, searched=False)
    assert [each.name for each in import_profiles.profiles(SYSTEM, world.site)] == ["Portal"]
    assert imports.seen(SYSTEM, "imp_000000000000").record.profile == FORM
    noted = [entry.action for entry in audit.entries(SYSTEM, audit.Filter(subject_id=campus.id))]
    assert noted == ["delete", "change", "create"]
