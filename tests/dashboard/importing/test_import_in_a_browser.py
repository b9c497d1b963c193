"""A campus file is sent, asked about, its meters made, imported and taken back, all by page."""

from pathlib import Path

from playwright.sync_api import Browser, Route, expect

from store.records.plant import declarations, graph, imports, meters
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from store.series.connection import query
from tests.dashboard.frame.test_shell_in_a_browser import sign_in
from tests.dashboard.watched import watched
from tests.dashboard.world import World

JOB_MS = 180_000  # a worker begins, and the machine may be busy
EDGE = "control => getComputedStyle(control.closest('.dash-input-container') ?? control).borderTopColor"
TIMES = [f"{day:02}/11/2024 {hour:02}:00" for day in range(1, 11) for hour in range(24)]
CAMPUS = "\n".join(
    [
        ",".join(["Group", "Use", *TIMES]),
        *(",".join([f"Building {number}", "lab", *[str(number / 2)] * len(TIMES)]) for number in (3, 7)),
        ",".join(["Building 9", "hall", "broken", *["1"] * (len(TIMES) - 1)]),
    ]
)


def _made(world: World) -> list[str]:
    return [each.id for each in meters.meters_of(SYSTEM, world.site) if each.name in ("3", "7", "9")]


def test_a_campus_file_from_the_first_byte_to_its_undoing(at_work: tuple[World, str], chromium: Browser, tmp_path: Path) -> None:
    world, address = at_work
    graph.create_node(SYSTEM, world.site, name="Main bus", kind="bus", valid_from=declarations.BEGINNING)
    file = tmp_path / "campus.csv"
    file.write_text(CAMPUS, encoding="utf-8")
    lost: list[str] = []

    def lose_the_first_piece(route: Route) -> None:
        if route.request.method == "PATCH" and not lost:
            lost.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    with watched(chromium, address) as blank:
        page = blank()
        page.goto("/sign-in")
        sign_in(page, "admin")
        page.goto(f"/site/{world.site}/imports")
        expect(page.get_by_text("No file has been imported yet")).to_be_visible()
        page.route("**/uploads/*", lose_the_first_piece)
        with page.expect_file_chooser() as choosing:
            page.get_by_role("button", name="Choose a file").click()
        choosing.value.set_files(file)
        page.wait_for_url(f"**/site/{world.site}/import/upl_*")
        assert lost, "a piece that got lost was sent again"

        expect(page.get_by_text("The times fit more than one way.")).to_be_visible()
        expect(page.locator("#import-start")).to_be_disabled()
        chosen, written = (page.get_by_label(asked).evaluate(EDGE) for asked in ("Times are written as", "Time zone"))
        assert chosen == written != page.locator("#import-save-as").evaluate(EDGE), "what is asked about is marked"
        page.get_by_label("Times are written as").select_option("%d/%m/%Y %H:%M")
        page.get_by_label("Pattern for the meter's name").fill(r"Building (\d+)")
        page.locator("#import-apply").press("Enter")
        expect(page.get_by_text("Please say.")).to_have_count(0)
        expect(page.get_by_text("0 of 3 have a meter here.")).to_be_visible()
        expect(page.get_by_text("Read so.")).to_be_in_viewport(ratio=1)  # where the button is that was pressed
        expect(page.locator("#import-apply")).to_be_in_viewport(ratio=1)
        expect(page.locator("#import-apply")).to_be_focused()
        page.reload()  # what was said is kept
        expect(page.get_by_label("Pattern for the meter's name")).to_have_value(r"Building (\d+)")
        expect(page.get_by_text("Please say.")).to_have_count(0)
        expect(page.locator("td", has_text="2024-11-01 00:00 GMT").first).to_be_visible()
        expect(page.get_by_text("'broken'")).to_be_visible()

        page.get_by_role("button", name="Check the whole file").press("Enter")
        expect(page.get_by_role("heading", name="The whole file")).to_be_focused()  # for the button is gone
        judged = page.get_by_role("region", name="What the import would do")
        expect(judged.get_by_role("row", name="Would be refused")).to_contain_text("720", timeout=JOB_MS)
        expect(page.get_by_role("heading", name="The whole file")).to_be_focused()
        expect(page.get_by_role("region", name="Meters that the site does not have").get_by_role("row")).to_have_count(4)
        page.get_by_role("button", name="Create the 3 missing meters").press("Enter")
        expect(page.get_by_text("3 of 3 have a meter here.")).to_be_visible()
        expect(page.locator("[data-step=now]")).to_be_focused()  # for the button is gone
        expect(page.locator("[data-step=now]")).to_be_in_viewport()
        expect(page.get_by_text("It was checked before something was changed above")).to_be_visible()
        page.get_by_role("button", name="Check it again").click()
        expect(judged.get_by_role("row", name="Would be stored")).to_contain_text("719", timeout=JOB_MS)
        expect(judged.get_by_role("row", name="of these, new")).to_contain_text("719")
        expect(page.get_by_role("region", name="What was refused")).to_contain_text("row 4: 'broken'")
        with page.expect_download() as would:
            page.get_by_role("link", name="Each of them, as CSV").click()
        assert '"4","not_a_number"' in Path(would.value.path()).read_text(encoding="utf-8")
        assert imports.imports_page(SYSTEM, world.site, Wanted()).total == 0
        assert query("SELECT count() FROM intervals WHERE meter IN (%s, %s, %s)", _made(world)) == [(0,)]
        page.reload()  # what was found is still there
        expect(judged.get_by_role("row", name="Would be stored")).to_contain_text("719")
        page.get_by_label("Save the profile as").fill("Campus export")
        page.locator("#import-start").click()
        page.wait_for_url(f"**/site/{world.site}/imports/imp_*")
        expect(page.locator("dd .state")).to_have_text("done", timeout=JOB_MS)
        names = {each.name: each.id for each in meters.meters_of(SYSTEM, world.site)}
        assert not list((world.settings.home / "uploads").iterdir()), "the check goes with its upload"
        [seen] = imports.imports_page(SYSTEM, world.site, Wanted(sort="created_at")).rows
        assert {each.meter: (each.count, each.total) for each in seen.totals} == {
            names["3"]: (240, 360.0),
            names["7"]: (240, 840.0),
            names["9"]: (239, 239.0),
        }
        expect(page.get_by_text("840 kWh")).to_be_visible()
        with page.expect_download() as refused:
            page.get_by_role("link", name="Each of them, as CSV").click()
        assert "broken" in Path(refused.value.path()).read_text(encoding="utf-8")
        page.get_by_role("link", name="Put them right").click()
        expect(
            page.get_by_role("region", name="Refused readings that are alike").get_by_role("row", name="campus.csv")
        ).to_be_visible()
        page.go_back()

        page.get_by_text("Undo", exact=True).click()
        page.get_by_role("button", name="Undo the import").click()
        expect(page.locator("dd .state")).to_have_text("undone", timeout=JOB_MS)
        page.get_by_role("link", name="All imports").click()
        expect(page.get_by_role("row", name="campus.csv")).to_contain_text("undone")
