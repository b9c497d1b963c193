"""Numbers as files write them. The decimal sign is the column's, never a cell's own: 1.234 is read one way in all of it."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Sign = Literal[".", ","]
# What stands where there is no value; `NaNStt`, `NoneMsg` are inverters', `n/e` a market's.
NOTHING = frozenset(
    {"", "-", "--", "–", "na", "n/a", "n/e", "nan", "-nan", "null", "none", "nanstt", "nonemsg", "unavailable", "unknown", "#n/a"}
)
_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_READ = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = {
    ".": re.compile(r"[+-]?[1-9]\d{0,2}([, '’\u00a0\u202f]\d{3})+(\.\d*)?", re.ASCII),  # 0,123 is no 123
    ",": re.compile(r"[+-]?[1-9]\d{0,2}([. '’\u00a0\u202f]\d{3})+(,\d*)?", re.ASCII),
}
_GROUPS = re.compile(r"[ '’\u00a0\u202f]")
_BESIDE = "€$£% \u00a0\u202f\t"  # money and shares


def numbers(cells: Sequence[str] | pa.Array, decimal: Sign) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The values of a column, NaN where a cell says that there is none, and which cells are no number (NaN too)."""
    texts = cells if isinstance(cells, pa.Array | pa.ChunkedArray) else pa.array(cells, pa.string())
    if pa.types.is_floating(texts.type) or pa.types.is_integer(texts.type) or pa.types.is_decimal(texts.type):
        value = np.asarray(pc.fill_null(pc.cast(texts, pa.float64(), safe=False), math.nan))
        bad = np.isinf(value)
        return np.where(bad, math.nan, value), bad
    if pa.types.is_dictionary(texts.type):
        texts = pc.cast(texts, pa.string())
    plain = pc.fill_null(texts, "")
    if decimal == ",":  # a point is no decimal sign here: such cells are looked at one by one
        has_point = pc.match_substring(plain, ".")
        plain = pc.if_else(has_point, "x", pc.replace_substring(plain, ",", "."))
    try:
        value = np.array(pc.cast(plain, pa.float64()))
        bad = ~np.isfinite(value)
        if not bad.any():
            return value, bad
    except pa.ArrowInvalid:
        value = np.array(pc.cast(pc.if_else(pc.match_substring_regex(plain, _PLAIN), plain, "nan"), pa.float64()))
        bad = ~np.isfinite(value)
    seen: dict[str, float | None] = {}
    for at in np.flatnonzero(bad).tolist():
        text = texts[at].as_py() or ""
        if text not in seen:
            seen[text] = number(text, decimal)
        found = seen[text]
        bad[at] = found is None
        value[at] = math.nan if found is None else found
    return value, bad


def number(text: str, decimal: Sign) -> float | None:
    """One cell: a number, NaN where it says that there is none, or None where it is neither."""
    bare = text.strip().removeprefix('="').removesuffix('"').strip(_BESIDE).replace("\u2212", "-")
    if bare.casefold() in NOTHING:
        return math.nan
    if _GROUPED[decimal].fullmatch(bare):
        bare = _GROUPS.sub("", bare).replace("," if decimal == "." else ".", "")
    if decimal == ",":
        if "." in bare:
            return None
        bare = bare.replace(",", ".")
    if not _READ.fullmatch(bare):
        return None
    value = float(bare)
    return value if math.isfinite(value) else None


def decimal_sign(cells: Iterable[str], delimiter: str) -> tuple[Sign, float]:
    """Which sign a column's decimals stand behind, and how sure that is (1 proven by a cell, below 0.9 to be asked)."""
    proven: set[Any] = set()
    grouped = ""
    for text in cells:
        bare = text.strip().strip(_BESIDE)
        points, commas = bare.count("."), bare.count(",")
        if points and commas:
            proven.add("." if bare.rfind(".") > bare.rfind(",") else ",")
        elif points > 1 or commas > 1:
            proven.add("," if points > 1 else ".")
        elif points or commas:
            sign = "." if points else ","
            before, _, behind = bare.partition(sign)
            if len(behind) != 3 or before.lstrip("+-") in ("", "0") or len(before.lstrip("+-")) > 3 or not behind.isdigit():
                proven.add(sign)
            else:
                grouped = sign
    if len(proven) == 1:
        return proven.pop(), 1.0
    if proven:
        return ".", 0.0
    if not grouped:
        return ".", 1.0  # whole numbers
    # Always three digits behind: decimals, most likely, where the sign is not what the fields are parted by.
    if grouped == "." and delimiter in ",\t":
        return ".", 0.9
    return ("," if grouped == "," else "."), 0.6
