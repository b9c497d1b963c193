"""The colours and the mark of documents: the product's own, as on its light pages."""

import functools

import orjson

from config.settings import PROJECT


@functools.cache
def palette() -> dict[str, str]:
    """Colours by the names of their tokens."""
    tokens: dict[str, dict[str, str]] = orjson.loads((PROJECT / "assets" / "tokens.json").read_bytes())
    return tokens["light"]


@functools.cache
def mark() -> str:
    """The product's mark, an SVG."""
    return (PROJECT / "assets" / "icons" / "loadstar-mark.svg").read_text()
