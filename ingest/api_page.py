"""An OpenAPI document on one page for people. Nothing is fetched and nothing runs; the style stands in the page."""

import html
import re
from collections.abc import Sequence
from typing import Any

import msgspec

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { background: light-dark(#fff, #14181c); color: light-dark(#1b2126, #e7ebee); font: 16px/1.55 system-ui, sans-serif;
  max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
a { color: light-dark(#1f5fa8, #6aa7ea); }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1.25rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { background: color-mix(in srgb, currentColor 6%, transparent); padding: .9rem; border-radius: 8px; overflow-x: auto; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
.method { display: inline-block; min-width: 3.4rem; font-weight: 600; }
"""
_FIELDS = ("Field", "Type", "Required", "About")
_JSON = "application/json"
_TS = re.compile(r'(?<="ts": ")[^"]*')  # a reading of any day but today would soon be too old to be taken


def rendered(spec: dict[str, Any], way_in: str, example_head: str, document: str, tables: Sequence[tuple[str, str]] = ()) -> str:
    """The page of a document.

    `way_in` says in markup how to send the key, `example_head` is a curl's address and header of it, `document` where the
    document itself is; `tables` are more sections, as title and markup.
    """
    info = spec["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>{info['title']}</title><style>{_STYLE}</style><main><h1>{info['title']}</h1><p>{info['description']}</p>",
        f"<p>{way_in} The same as an <a href='{document}'>OpenAPI document</a>.</p>",
    ]
    types = spec["components"]["schemas"]
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            parts += _operation(method.upper(), path, operation, types, example_head)
    parts.append("<h2>Problem</h2>" + fields(_resolved(types["Problem"], types)))
    parts += [f"<h2>{title}</h2>{markup}" for title, markup in tables]
    return "".join(parts) + "</main></html>"


def _resolved(part: Any, types: dict[str, Any]) -> Any:
    """The part of a document with each reference to a type replaced by the type."""
    if isinstance(part, list):
        return [_resolved(each, types) for each in part]
    if not isinstance(part, dict):
        return part
    named = types[part["$ref"].rpartition("/")[2]] if "$ref" in part else {}
    return {name: _resolved(each, types) for name, each in (named | part).items() if name != "$ref"}


def _operation(method: str, path: str, operation: dict[str, Any], types: dict[str, Any], example_head: str) -> list[str]:
    parts = [f"<h2><span class=method>{method}</span> <code>{path}</code></h2><p>{operation['summary']}.</p>"]
    if "parameters" in operation:
        rows = [
            (each["name"], _kind(each["schema"]), "yes" if each.get("required") else "", each["description"])
            for each in operation["parameters"]
        ]
        parts.append("<h3>Parameters</h3>" + table(("Parameter", *_FIELDS[1:]), rows))
    if "requestBody" in operation:
        schema = _resolved(operation["requestBody"]["content"][_JSON]["schema"], types)
        parts += [fields(schema), f"<h3>Example</h3><pre tabindex=0>{_example(path, schema['example'], example_head)}</pre>"]
    answers = operation["responses"]
    parts.append("<h3>Answers</h3>" + table(("Status", "Means"), [(each, answers[each]["description"]) for each in answers]))
    schema = _resolved(_answered(operation), types)
    if "properties" in schema:
        parts.append(fields(schema))
    return parts


def _answered(operation: dict[str, Any]) -> dict[str, Any]:
    """The schema of what is answered when all is well."""
    schema: dict[str, Any] = operation["responses"].get("200", {}).get("content", {}).get(_JSON, {}).get("schema", {})
    return schema


def fields(schema: dict[str, Any]) -> str:
    """A table of an object's fields."""
    return "<h3>Fields</h3>" + table(_FIELDS, _rows(schema, ""))


def _rows(schema: dict[str, Any], prefix: str) -> list[tuple[str, str, str, str]]:
    rows = []
    for name, field in schema["properties"].items():
        required = "yes" if name in schema.get("required", ()) else ""
        rows.append((f"{prefix}{name}", _kind(field), required, field.get("description", "")))
        several = field.get("items") or field.get("additionalProperties") or {}
        one = [option for option in (field, *field.get("anyOf", ())) if "properties" in option]
        rows += _rows(several, f"{prefix}{name}[].") if "properties" in several else []
        rows += _rows(one[0], f"{prefix}{name}.") if one else []
    return rows


def _kind(field: dict[str, Any]) -> str:
    said = [f'"{each}"' for each in field.get("enum", ())]
    kinds = field.get("type") or said or [_kind(option) for option in field.get("anyOf", ())] or ["any"]
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def table(heads: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> str:
    """A table whose first column is code."""
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{_cell(nth, cell)}</td>" for nth, cell in enumerate(row)) + "</tr>" for row in rows)
    return f"<div class=table tabindex=0><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(nth: int, text: object) -> str:
    safe = html.escape(str(text))
    return f"<code>{safe}</code>" if nth == 0 else safe


def _example(path: str, body: Any, head: str) -> str:
    text = msgspec.json.format(msgspec.json.encode(body), indent=2).decode()
    text = _TS.sub("'$(date -u +%Y-%m-%dT%H:%M:%SZ)'", text)
    where, _, key = head.partition(" ")
    key = f"{key} " if key else ""
    return html.escape(f"curl -X POST {where}{path} \\\n  {key}-H 'Content-Type: application/json' \\\n  -d '{text}'")
