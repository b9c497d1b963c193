"""What the browser's part of plotly.js promises."""

import json
import re

from plotly.offline import get_plotlyjs_version

from dashboard.web.static import ASSETS

BUNDLE = ASSETS / "plotly" / "plotly.min.js"
RECIPE = ASSETS.parent / "config" / "plotly"


def test_it_is_the_version_that_the_python_package_carries() -> None:
    version = get_plotlyjs_version()
    assert f"plotly.js v{version}" in BUNDLE.read_text(encoding="utf-8")[:200]
    assert json.loads((RECIPE / "package.json").read_text())["dependencies"]["plotly.js"] == version


def test_it_needs_no_eval_so_the_policy_stays_strict() -> None:
    assert not re.search(r"new Function\(|\beval\(", BUNDLE.read_text(encoding="utf-8"))


def test_it_is_a_fraction_of_the_whole_and_carries_its_licence() -> None:
    assert BUNDLE.stat().st_size < 1_250_000
    assert "MIT" in (ASSETS / "plotly" / "LICENSE").read_text()


def test_the_recipe_names_no_registry() -> None:
    assert "resolved" not in (RECIPE / "package-lock.json").read_text()
