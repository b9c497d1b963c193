"""A broken rule of the records that is about one argument names it: a form says it beside that field."""

import re

import pytest

from config.settings import PROJECT
from store.errors import Refused, TooSoon
from store.records.plant import devices
from store.records.transaction import failures
from store.scope import SYSTEM
from tests.store.records.world import World


def test_only_rules_that_there_are_name_an_argument() -> None:
    assert set(failures.ABOUT) <= set(failures.RULES)


def test_what_is_named_is_an_argument_of_the_records() -> None:
    said = "".join(path.read_text() for path in (PROJECT / "store/records").rglob("*.py") if path.name != "failures.py")
    assert [name for name in set(failures.ABOUT.values()) if not re.search(rf"\b{name}\b", said)] == []


def test_a_rule_that_the_database_keeps_names_it_too(world: World) -> None:
    with pytest.raises(Refused) as refused:
        devices.create_device(SYSTEM, world.sites["north"], name="Box", reporting_interval_s=0)
    assert refused.value.about == "reporting_interval_s"


def test_one_that_is_about_nothing_in_particular_says_so() -> None:
    assert (Refused("the disk is full").about, TooSoon(3).about) == ("", "")
