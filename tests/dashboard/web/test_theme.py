"""The palette can be read by everybody, and is the only one."""

import re

import pytest

from dashboard.energy.heat_asked import SCALES
from dashboard.figures.shades import COUNT
from dashboard.web import static, theme

THEMES = ("light", "dark")
MIXED = r"--shade-(\d):color-mix\(in srgb,var\(--ls-(\w+)\) (\d+)%,var\(--ls-raised\)\)"


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("surface", theme.SURFACES)
@pytest.mark.parametrize("text", theme.TEXTS)
def test_text_is_readable_on_every_surface(name: str, surface: str, text: str) -> None:
    colours = theme.tokens()[name]
    assert theme.contrast(colours[text], colours[surface]) >= theme.AA_TEXT


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("surface", ["surface", "raised"])
@pytest.mark.parametrize("mark", [*theme.KINDS, "outline"])
def test_marks_and_outlines_stand_out(name: str, surface: str, mark: str) -> None:
    colours = theme.tokens()[name]
    assert theme.contrast(colours[mark], colours[surface]) >= theme.AA_MARK


@pytest.mark.parametrize("name", THEMES)
def test_words_on_the_accent_and_on_danger_are_readable(name: str) -> None:
    colours = theme.tokens()[name]
    assert theme.contrast(colours["on-accent"], colours["accent"]) >= theme.AA_TEXT
    assert theme.contrast(colours["raised"], colours["critical"]) >= theme.AA_TEXT


def test_both_themes_have_the_same_tokens() -> None:
    assert theme.tokens()["light"].keys() == theme.tokens()["dark"].keys()


def test_the_templates_use_the_palette_only() -> None:
    for name in THEMES:
        used = set(re.findall(r"#[0-9A-Fa-f]{6}", str(theme.template(name == "dark"))))
        assert used <= set(theme.tokens()[name].values())


def test_style_sheets_name_colours_by_token() -> None:
    for file in sorted((static.ASSETS / "css").glob("*.css")):
        on_screen = file.read_text().partition("@media print")[0]
        assert not re.findall(r"[:\s,(]#[0-9A-Fa-f]{3,8}\b", on_screen), file.name


@pytest.mark.parametrize("name", THEMES)
def test_text_is_readable_on_every_shade_of_a_heat_map_and_low_and_high_differ(name: str) -> None:
    colours = theme.tokens()[name]
    sheet = (static.ASSETS / "css" / "62-heat-map.css").read_text()
    scales = re.findall(r"\[data-scale=(\w+)\]\{(.*?)\}", sheet, re.DOTALL)
    assert [scale for scale, _ in scales] == [*SCALES]
    for scale, rules in scales:
        mixed = {int(at): colours["raised"] for at in re.findall(r"--shade-(\d):var\(--ls-raised\)", rules)}
        for at, token, percent in re.findall(MIXED, rules):
            mixed[int(at)] = _mixed(colours[token], colours["raised"], int(percent) / 100)
        assert sorted(mixed) == [*range(COUNT)], scale
        for at, shade in mixed.items():
            assert theme.contrast(colours["text"], shade) >= theme.AA_TEXT, f"{scale} {at}"
        assert len({*mixed.values()}) == COUNT, scale


def _mixed(one: str, other: str, share: float) -> str:
    both = zip(*([int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in (one, other)), strict=True)
    return "#" + "".join(f"{round(share * first + (1 - share) * second):02X}" for first, second in both)
