"""Every text that a page shows is marked for translation, wing by wing."""

import json
from pathlib import Path

import dash
import pytest
from babel import Locale

from config import language
from config.settings import Settings
from dashboard.parts.reading import LANGUAGES
from tests.dashboard import pseudo
from tests.dashboard.world import World

# Names, units and codes, which are the same in every language.
KNOWN = {
    *("Loadstar", "North Campus", "South Works", "Northern Power", "Southern Grid", "Europe/London", "GMT", "BST", "UTC", "GBP"),
    *("kWh", "kW", "MW", "MWh", "kg", "kB", "MB", "GB", "Hz", "CO2", "g/kWh", "EUR", "V", "CSV", "QuestDB", "SQLite", "Python"),
    *("weekday 07:00-22:00", "EN 50160"),
    # Lines of a tariff, as they are written in every language.
    *("fixed month = 12.50", "demand month 15 = 7.00, 3 days, ratchet 80 % of 12 months, at weekday 07:00-20:00"),
    *(name for name, *_ in LANGUAGES.values()),  # each in itself
    # As CLDR has them in this language.
    *(part for code, name in Locale(pseudo.LANGUAGE).territories.items() if code.isalpha() for part in name.split("-")),
    *Locale(pseudo.LANGUAGE).days["format"]["wide"].values(),
    *("Root", "Admin", "Operator", "Chief", "Stranger", "Resident", "Werkzeug"),
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translations")
    pseudo.write(folder)
    return folder


@pytest.fixture(autouse=True)
def bracketed(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "FOLDER", catalogue)


def unmarked(texts: list[str]) -> set[str]:
    return {text for text in texts if pseudo.words(text, KNOWN)}


PUBLIC = (
    *("/", "/sign-in", "/register", "/register?way=join", "/register?way=found", "/forgotten-password", "/confirm-address/again"),
    *("/new-password?token=none", "/invitation?token=none", "/confirm-address?token=none"),
)


@pytest.mark.parametrize("path", PUBLIC)
def test_what_strangers_see_is_marked(world: World, path: str) -> None:
    page = world.client().get(path, headers={"Accept-Language": pseudo.LANGUAGE}).get_data(as_text=True)
    assert f'<html lang="{pseudo.LANGUAGE}"' in page
    assert unmarked(pseudo.of_document(page)) == set()


def pages(world: World) -> dict[str, set[str]]:
    """The texts without a mark on each page that anybody of the world may open, by the page's module."""
    found: dict[str, set[str]] = {}
    for who in ("root", "resident"):
        browser = world.client(who)
        for page in dash.page_registry.values():
            path = (page["path_template"] or page["path"]).replace("<site_id>", world.site)
            answer = browser.get(path, headers={"Accept-Language": pseudo.LANGUAGE}) if "<" not in path else None
            if answer is not None and answer.status_code == 200:
                texts = unmarked(pseudo.of_document(answer.get_data(as_text=True)))
                found.setdefault(page["module"].rpartition(".")[2], set()).update(texts)
    return found


def test_what_the_pages_show_is_marked(world: World, questdb_tables: Settings) -> None:
    found = pages(world)
    assert len(found) > 20
    missing = {page: sorted(texts) for page, texts in found.items() if texts}
    assert missing == {}, json.dumps(missing, indent=1, ensure_ascii=False)
