"""The device API on one page for people, made from its OpenAPI document."""

import html
from functools import lru_cache
from typing import Any

import msgspec

from config.quantities import QUANTITIES
from ingest.answers import Answer
from ingest.door import Door
from ingest.openapi import CODES, PROBLEM, VERDICT, described
from ingest.request import Request
from ingest.roads.hardware import BODY_LIMIT
from ingest.roads.readings import READINGS_LIMIT

_HTML = ("content-type", "text/html; charset=utf-8")
# Nothing is fetched and nothing runs; the style stands in the page.
_POLICY = ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
_SEEN_FROM_HERE = "http://127.0.0.1:8086"

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1.25rem; }
h3 { font-size: 1rem; }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { background: color-mix(in srgb, currentColor 6%, transparent); padding: .9rem; border-radius: 8px; overflow-x: auto; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
.method { display: inline-block; min-width: 3.4rem; font-weight: 600; }
"""


async def page(_request: Request, _door: Door) -> Answer:
    """The page for people."""
    return Answer(200, _page().encode(), (_HTML, _POLICY))


@lru_cache(maxsize=1)
def _page() -> str:
    spec = described()
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>{spec['info']['title']}</title><style>{_STYLE}</style><main><h1>{spec['info']['title']}</h1>",
        f"<p>{spec['info']['description']}</p>",
        "<p>Send the key in the header <code>X-API-Key: id.secret</code>. ",
        "The same as an <a href='/openapi.json'>OpenAPI document</a>.</p>",
    ]
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            parts.append(f"<h2><span class=method>{method.upper()}</span> <code>{path}</code></h2><p>{operation['summary']}.</p>")
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                parts += [_fields(schema), f"<h3>Example</h3><pre>{_example(path, schema['example'])}</pre>"]
            rows = [(status, response["description"]) for status, response in operation["responses"].items()]
            parts.append("<h3>Answers</h3>" + _table(("Status", "Means"), rows))
    parts.append("<h2>Verdict</h2>" + _fields(VERDICT) + "<h2>Problem</h2>" + _fields(PROBLEM))
    parts.append("<h2>Codes</h2>" + _table(("Code", "Means"), list(CODES.items())))
    quantities = [(each.name, each.label or "–", f"{each.least:g} to {each.greatest:g}") for each in QUANTITIES.values()]
    parts.append("<h2>Quantities</h2>" + _table(("Quantity", "Unit", "Values"), quantities))
    parts.append(
        f"<h2>Sizes</h2><p>At most {READINGS_LIMIT:,} readings a batch, {BODY_LIMIT:,} bytes a hardware post.</p></main></html>"
    )
    return "".join(parts)


def _fields(schema: dict[str, Any], prefix: str = "") -> str:
    rows = _field_rows(schema, prefix)
    return "<h3>Fields</h3>" + _table(("Field", "Type", "Required", "About"), rows)


def _field_rows(schema: dict[str, Any], prefix: str) -> list[tuple[str, str, str, str]]:
    rows = []
    for name, field in schema["properties"].items():
        kind = field.get("type") or " or ".join(option["type"] for option in field.get("oneOf", ())) or "any"
        kind = " or ".join(kind) if isinstance(kind, list) else kind
        required = "yes" if name in schema.get("required", ()) else ""
        rows.append((f"{prefix}{name}", kind, required, field.get("description", "")))
        items = field.get("items", {})
        if "properties" in items:
            rows += _field_rows(items, f"{prefix}{name}[].")
    return rows


def _table(heads: tuple[str, ...], rows: list[Any]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{_cell(nth, cell)}</td>" for nth, cell in enumerate(row)) + "</tr>" for row in rows)
    return f"<div class=table tabindex=0><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(nth: int, text: str) -> str:
    safe = html.escape(str(text))
    return f"<code>{safe}</code>" if nth == 0 else safe


def _example(path: str, body: Any) -> str:
    text = msgspec.json.format(msgspec.json.encode(body), indent=2).decode()
    heads = "-H \"X-API-Key: $KEY\" -H 'Content-Type: application/json'"
    return html.escape(f"curl -X POST {_SEEN_FROM_HERE}{path} \\\n  {heads} \\\n  -d '{text}'")
