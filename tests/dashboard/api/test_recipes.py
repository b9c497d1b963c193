"""What docs/api.md has Excel, Power BI and Grafana ask is answered so that they can read it: each by plain HTTP."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from config.settings import PROJECT, Settings
from dashboard.app import create_app
from store.records.signin import tokens
from store.scope import Scope
from tests.dashboard.listening import listening
from tests.dashboard.metered_use import Plant, works
from tests.store.series.conftest import sender

__all__ = ["sender", "works"]

RECIPES = (
    (PROJECT / "docs" / "api.md").read_text(encoding="utf-8").partition("## Series for other programs")[2].partition("\n## ")[0]
)
FROM, TO = "2025-03-29T00:00:00Z", "2025-03-30T23:00:00Z"


@pytest.fixture
def address(questdb_tables: Settings, works: Plant) -> Iterator[str]:
    with listening(create_app(works.live.settings)) as found:
        yield found


def _get(address: str, path: str, query: str, works: Plant) -> str:
    token = tokens.create_token(Scope(user_id=works.live.people["operator"]), name=f"recipe {datetime.now(UTC)}")
    asked = Request(f"{address}{path}?{query}", headers={"Authorization": f"Bearer {token}"})  # of this test's server
    with urlopen(asked, timeout=30) as answer:
        return str(answer.read().decode("utf-8"))


def test_excel_reads_a_table_of_numbers_and_moments(address: str, works: Plant) -> None:
    [path, query] = re.findall(r"'http://127\.0\.0\.1:8050(/[^?]+)\?([^']+)'", RECIPES)[0]
    query = re.sub(r"(meter=)mtr_…&meter=mtr_…", rf"\g<1>{works.meter}", query)
    query = re.sub(r"from=[^&]+&to=[^&]+", f"from={FROM}&to={TO}", query)
    said = _get(address, path, query, works)
    assert said.startswith("\ufeff"), "by this Excel knows the letters"
    head, *rows = csv.reader(io.StringIO(said.lstrip("\ufeff")))
    assert head[0] == "start (UTC)"
    assert len(rows) == 47
    assert datetime.fromisoformat(rows[0][0]) == datetime(2025, 3, 29, tzinfo=UTC)
    assert sum(float(row[3] or 0) for row in rows) == pytest.approx(24 + 2 * 22)


def test_power_bi_makes_a_table_of_the_records(address: str, works: Plant) -> None:
    path = re.findall(r'RelativePath = "([^"]+)"', RECIPES)[0]
    pairs = dict(re.findall(r'(\w+) = "([^"]+)"', re.findall(r"Query = \[([^\]]+)\]", RECIPES)[0]))
    assert set(pairs) == {"site", "quantity", "from", "to", "step"}
    told = json.loads(_get(address, f"/{path}", urlencode(pairs | {"site": works.live.site, "from": FROM, "to": TO}), works))
    [name] = re.findall(r"Source\[(\w+)\]", RECIPES)
    assert len(told[name]) == 2
    assert len({tuple(record) for record in told[name]}) == 1, "every record has the same fields: they are the columns"


def test_grafana_finds_its_rows_and_columns(address: str, works: Plant) -> None:
    recipe = re.findall(r"- \*\*Grafana\*\*.*", RECIPES)[0]
    query = re.findall(r"`(from=[^`]+)`", recipe)[0]
    # Grafana's own way to write the moments of its range.
    query = query.replace("${__from:date:iso}", "2025-03-29T00:00:00.000Z").replace(
        "${__to:date:iso}", "2025-03-30T23:00:00.000Z"
    )
    told = json.loads(_get(address, "/api/v1/series", f"meter={works.meter}&step=day&{query}", works))
    rows = told[re.findall(r"rows/root `(\w+)`", recipe)[0]]
    time, name, number = re.findall(r"columns `(\w+)` \(time\), `(\w+)` \(string\) and `(\w+)` \(number\)", recipe)[0]
    assert [datetime.fromisoformat(row[time]).day for row in rows] == [29, 30]
    assert [row[name] for row in rows] == [works.meter] * 2
    assert [row[number] for row in rows] == [24.0, 44.0]
