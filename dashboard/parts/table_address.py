"""What the address of a page keeps of its tables, so that a reload and the way back show the same rows.

Each part is named by the table: `?devices.search=hall&devices.retired=all&devices.sort=-name&devices.first=50`; what is as
it is at first is left out. The browser's side is in `assets/js/shell/80-tables.js`.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

from flask import request

from dashboard.parts.rows import Table, View, row_number

LONGEST = 200  # of a search, as its field takes it


def kept(table: Table, seen: View) -> str:
    """The part of the query that says how the table is seen now."""
    parts = {"search": seen.search, **seen.filters, "first": str(seen.first or "")}
    if seen.sort and (seen.sort, seen.descending) != (table.sort, table.descending):
        parts["sort"] = f"{'-' if seen.descending else ''}{seen.sort}"
    return named(table.id, parts)


def named(name: str, parts: Mapping[str, str]) -> str:
    """The part of the query that keeps these under the name; what is empty is left out."""
    return urlencode({f"{name}.{key}": value for key, value in parts.items() if value})


def parts_of(name: str, keys: Iterable[str]) -> dict[str, str]:
    """What the address of the page that is being drawn keeps under the name, by key; empty where it keeps nothing."""
    query = _query()
    return {key: query.get(f"{name}.{key}", "")[:LONGEST] for key in keys}


def asked(table: Table) -> View:
    """How the address of the page that is being drawn wants the table to be seen."""
    options = {choice.key: {value for value, _words in choice.options} for choice in table.filters}
    given = parts_of(table.id, ("search", "sort", "first", *options))
    sort, first = given["sort"], given["first"]
    return View(
        search=given["search"] if table.search else "",
        sort=sort.lstrip("-") or table.sort,
        descending=sort.startswith("-") if sort else table.descending,
        first=row_number(int(first)) if first.isdecimal() and len(first) < 10 else 0,
        filters={key: given[key] for key, values in options.items() if given[key] in values},
    )


def _query() -> Mapping[str, str]:
    """The query of the page: the document's own, or the one that the browser goes to without a document."""
    if request.method == "GET":
        return request.args
    body = request.get_json(silent=True)
    inputs = body.get("inputs") if isinstance(body, dict) else None
    given = [each for each in inputs if isinstance(each, dict)] if isinstance(inputs, list) else []
    search = next((each.get("value") for each in given if each.get("property") == "search"), "")
    return dict(parse_qsl(search.lstrip("?"))) if isinstance(search, str) else {}
