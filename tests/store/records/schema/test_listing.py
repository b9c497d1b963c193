"""Long tables: every page is there once, from whichever end it is read, and what is counted is what there is."""

import pytest

from store.records.people import lists
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import World


@pytest.mark.parametrize("sort", ["name", "role", "organisation", "created_at"])  # residents have no role and no organisation
@pytest.mark.parametrize("descending", [False, True])
def test_the_pages_of_a_table_are_all_of_it_in_one_order(world: World, sort: str, descending: bool) -> None:
    whole = lists.people(SYSTEM, Wanted(sort=sort, descending=descending, count=500))
    assert whole.total == len(whole.rows) == len(world.people)
    paged = []
    for first in range(0, whole.total, 3):
        page = lists.people(SYSTEM, Wanted(sort=sort, descending=descending, first=first, count=3))
        assert page.total == whole.total
        paged += page.rows
    assert [each.id for each in paged] == [each.id for each in whole.rows]


def test_beyond_the_last_page_there_is_nothing_but_the_total(world: World) -> None:
    page = lists.people(SYSTEM, Wanted(first=1000))
    assert (list(page.rows), page.total) == ([], len(world.people))
    assert lists.people(SYSTEM, Wanted("nobody at all")).total == 0
    assert lists.people(SYSTEM, Wanted("north", count=2)).total == 3
