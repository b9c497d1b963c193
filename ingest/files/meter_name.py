"""The meter's name within what a file says of whose a reading is."""

from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from config.language import _
from ingest.files.profile import UnfitProfile

LONGEST = 200  # letters of what a file says that are looked at


def meter_name(said: str, pattern: str) -> str | None:
    """The meter's name within what the file says, or None where the pattern finds none: its first group, or all of it.

    The pattern is a person's, and RE2 reads it: whatever it says, it takes no longer than the text is long.

    Raises:
        UnfitProfile: the pattern cannot be read.
    """
    bare = " ".join(said.strip().removeprefix('="').removesuffix('"').split())
    if not pattern:
        return bare
    text = pa.array([bare[:LONGEST]])
    around = f"^.*?(?:{pattern}).*$" if _has_group(pattern) else f"^.*?({pattern}).*$"
    if not pc.match_substring_regex(text, pattern)[0].as_py():
        return None
    return str(pc.replace_substring_regex(text, around, r"\1")[0].as_py()) or None


def require_pattern(pattern: str) -> None:
    """Raise unless the pattern can be read.

    Raises:
        UnfitProfile: it cannot.
    """
    _has_group(pattern)


@lru_cache(maxsize=64)
def _has_group(pattern: str) -> bool:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as wrong:
        why = str(wrong).removeprefix("Invalid regular expression: ")
        raise UnfitProfile(_("the pattern of the meter's name cannot be read: %(why)s", why=why)) from None
    try:
        pc.replace_substring_regex(pa.array([""]), pattern, r"\1")
    except pa.ArrowInvalid:
        return False
    return True
