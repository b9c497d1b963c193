"""A page keeps its layout and the wiring of its callbacks; what it shows and does stands in the wing of its area."""

import pytest

from config.settings import PROJECT

LONGEST = 150  # lines
LONGER: dict[str, str] = {}  # a page that is longer, and why
PAGES = sorted((PROJECT / "dashboard/pages").glob("*.py"))


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem not in LONGER], ids=lambda page: page.stem)
def test_a_page_is_read_at_a_glance(page) -> None:
    lines = len(page.read_text().splitlines())
    assert lines <= LONGEST, f"{page.stem} has {lines} lines: move what it shows or does to the wing of its area"


def test_the_reasons_are_those_of_pages_that_are_longer() -> None:
    assert len(PAGES) > 20
    short = [name for name in LONGER if len((PROJECT / f"dashboard/pages/{name}.py").read_text().splitlines()) <= LONGEST]
    assert short == [], "these need no reason any more"
