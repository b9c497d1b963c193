"""The meter's name is found by a person's pattern, whatever that says."""

import pytest

from ingest.files.meter_name import meter_name, require_pattern
from ingest.files.profile import UnfitProfile

SAID = "Campus / Building 12 (North)"


@pytest.mark.parametrize(
    ("said", "pattern", "name"),
    [
        (SAID, "", SAID),
        (SAID, r"Building (\d+)", "12"),
        (SAID, r"building (\d+)", None),
        (SAID, r"(?i)building (\d+)", "12"),
        (SAID, r"Building \d+", "Building 12"),
        (SAID, r"(?:Hall|Building) (\d+) \((\w+)", "12"),
        (SAID, r"^Campus|Hall (\d+)", None),
        ("Building 7, was Building 8", r"Building (\d+)", "7"),
        ('="541448"', r"(\d+)", "541448"),
        ("  Büro \u00a0 3 ", r"(Büro \d)", "Büro 3"),
    ],
)
def test_its_first_group_is_the_name_or_all_that_it_finds(said: str, pattern: str, name: str | None) -> None:
    assert meter_name(said, pattern) == name


def test_no_pattern_takes_for_ever() -> None:
    assert meter_name("a" * 200 + "!", r"^(a+)+$") == "a" * 200  # what stands beyond is not looked at
    assert meter_name("a" * 199 + "!", r"^(a+)+$") is None


@pytest.mark.parametrize("pattern", ["(", r"(?=a)b", r"(a)\1", "a{5000}", "[z-a]"])
def test_one_that_cannot_be_read_is_refused_with_the_reason(pattern: str) -> None:
    with pytest.raises(UnfitProfile, match="the pattern of the meter's name cannot be read: "):
        require_pattern(pattern)
    with pytest.raises(UnfitProfile):
        meter_name(SAID, pattern)
