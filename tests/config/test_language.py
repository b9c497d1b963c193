"""Texts are worded in the language of whoever reads them, wherever in the house they are said."""

import threading
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from cli.texts import compiled
from config import language
from config.language import N_, Told, _, ngettext


@pytest.fixture(autouse=True)
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A house with two texts in German."""
    catalog = Catalog(locale="de")
    catalog.add("Site %(name)s created.", "Standort %(name)s angelegt.")
    catalog.add(("%(num)s site", "%(num)s sites"), ("%(num)s Standort", "%(num)s Standorte"))
    compiled(catalog, tmp_path / "de")
    monkeypatch.setattr(language, "FOLDER", tmp_path)


def test_a_text_is_english_where_nobody_asks_for_another_language() -> None:
    assert _("Site %(name)s created.", name="Dock 4") == "Site Dock 4 created."
    assert [ngettext("%(num)s site", "%(num)s sites", many) for many in (1, 2)] == ["1 site", "2 sites"]


def test_a_text_is_in_the_language_that_is_spoken_and_keeps_its_values() -> None:
    with language.speaking("de"):
        assert _("Site %(name)s created.", name="100 % Süd") == "Standort 100 % Süd angelegt."
        assert ngettext("%(num)s site", "%(num)s sites", 2) == "2 Standorte"
    assert _("Site %(name)s created.", name="Dock 4") == "Site Dock 4 created."


def test_a_text_that_nobody_has_translated_is_shown_in_english() -> None:
    with language.speaking("de"):
        assert _("All clear.") == "All clear."


def test_a_per_cent_sign_without_values_is_a_per_cent_sign() -> None:
    assert _("Expected to contain 90 % of hours") == "Expected to contain 90 % of hours"


def test_a_constant_is_worded_where_it_is_shown() -> None:
    constant = N_("Site %(name)s created.")
    with language.speaking("de"):
        assert _(constant, name="Dock 4") == "Standort Dock 4 angelegt."


@pytest.mark.parametrize(
    ("tags", "spoken"),
    [
        (["de"], "de"),
        (["de-AT"], "de"),
        (["DE-de", "en"], "de"),
        (["fr", "de"], "de"),
        (["en-GB", "de"], "en"),
        ([None, "fr"], "en"),
        (["", "*", "../../etc/passwd", "d"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_there_are_texts_in_is_spoken(tags: list[str | None], spoken: str) -> None:
    assert language.best(tags) == spoken


def test_one_who_is_spoken_to_in_german_does_not_turn_the_others_words() -> None:
    heard: list[str] = []
    with language.speaking("de"):
        other = threading.Thread(target=lambda: heard.append(_("Site %(name)s created.", name="Dock 4")))
        other.start()
        other.join()
    assert heard == ["Site Dock 4 created."]


def test_a_text_that_is_told_later_is_worded_where_it_is_read() -> None:
    kept = Told("Site %(name)s created.", {"name": Told("%(num)s site", {"num": 1})}).plain()
    with language.speaking("de"):
        assert language.told(kept) == "Standort 1 Standort angelegt."
        assert language.told("as it was kept, 100 %") == "as it was kept, 100 %"
        assert language.told("") == ""


@pytest.mark.parametrize(
    ("spoken", "weekday", "day", "whole"),
    [("en", "Thursday", "26 Nov", "Thu 26 Nov 2026"), ("de", "Donnerstag", "26. Nov", "Do. 26. Nov. 2026")],
)
def test_dates_are_written_as_the_language_writes_them(spoken: str, weekday: str, day: str, whole: str) -> None:
    at = date(2026, 11, 26)
    with language.speaking(spoken):
        assert language.weekday(at) == weekday
        assert [language.written(at, skeleton) for skeleton in ("MMMd", "yMMMEd")] == [day, whole]


def test_words_keep_the_great_letters_that_their_language_writes_within_a_sentence() -> None:
    assert language.within("Users") == "users"
    with language.speaking("de"):
        assert language.within("Benutzer und Rollen") == "Benutzer und Rollen"
        assert language.opening("verbrauchte Energie in kWh") == "Verbrauchte Energie in kWh"
