"""`loadstar sources`: what is pulled is listed with how it goes, and asked now, from the command line."""

from datetime import timedelta

from click.testing import CliRunner, Result

from cli.sources import sources
from config.language import Told
from store.records.plant import pull_sources, pull_turns, regions
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.cli.test_imports import hall as hall


def _typed(*words: str) -> Result:
    return CliRunner().invoke(sources, words)


def test_what_is_pulled_is_listed_with_how_it_goes_and_asked_now(hall: str) -> None:
    assert _typed("list").output == "Nothing is pulled.\n"
    region = regions.create_region(SYSTEM, name="Market").id
    made = pull_sources.add_service(SYSTEM, region, service="energy_charts", area="DE-LU").id
    later = now() + timedelta(hours=1)
    pull_turns.end(
        SYSTEM, made, later, failures=2, problem=[Told("the other side answers with the error %(status)s", {"status": 503})]
    )
    shown = _typed("list").output
    assert "Energy-Charts, day-ahead price" in shown
    assert "2 × no answer: the other side answers with the error 503" in shown
    assert pull_turns.due(SYSTEM, now()) == []
    assert _typed("ask", made).output == f"{made} is asked within some seconds, while Loadstar runs.\n"
    assert pull_turns.due(SYSTEM, now()) == [made]
    assert _typed("ask", "pul_000000000000").exit_code == 1
