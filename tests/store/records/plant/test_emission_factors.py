"""CO2 factors of a site: certificates are of all that is bought at the most, and only its administrators state them."""

from datetime import date

import pytest

from models.emissions import CERTIFICATE, PRODUCTION, RESIDUAL, Factor
from store.errors import NotFound, Refused
from store.records.plant import emission_factor_files, emission_factors, graph
from store.scope import SYSTEM
from tests.store.records.world import BEGAN, World

JANUARY, MAY, JULY, DECEMBER = date(2026, 1, 1), date(2026, 5, 1), date(2026, 7, 1), date(2026, 12, 31)


def certificate(share: float | None, first: date = JANUARY, last: date | None = DECEMBER, grams: float = 12.0) -> Factor:
    return Factor(CERTIFICATE, "Guarantees of origin", first, last, grams, share)


def test_factors_are_stated_changed_and_deleted_and_whoever_sees_the_site_computes_with_them(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    made = emission_factors.add_factor(scope, site, certificate(0.5))
    mix = Factor(RESIDUAL, "Residual mix", MAY, None, 610.5, note="national statistics")
    emission_factors.add_factor(scope, site, mix)
    assert emission_factors.factors(world.scope("north viewer"), site) == [certificate(0.5), mix]
    assert emission_factors.factors(world.scope("resident"), site) == [certificate(0.5), mix]
    emission_factors.change_factor(scope, site, made.id, certificate(0.75))
    assert emission_factors.factors(scope, site) == [certificate(0.75), mix]
    emission_factors.delete_factor(scope, site, made.id)
    assert emission_factors.factors(scope, site) == [mix]
    with pytest.raises(NotFound):
        emission_factors.factors(world.scope("south admin"), site)


def test_certificates_are_of_all_that_is_bought_at_the_most_on_every_day(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    made = emission_factors.add_factor(scope, site, certificate(0.7, JANUARY, date(2026, 6, 30)))
    emission_factors.add_factor(scope, site, certificate(0.6, JULY))
    emission_factors.add_factor(scope, site, certificate(0.3, MAY, MAY))
    with pytest.raises(Refused, match="130 % of what is bought on 2026-05-01"):
        emission_factors.add_factor(scope, site, certificate(0.3, date(2026, 4, 1)))
    with pytest.raises(Refused, match="130 % of what is bought on 2026-07-01"):
        emission_factors.change_factor(scope, site, made.id, certificate(0.7, JULY, None))
    emission_factors.change_factor(scope, site, made.id, certificate(0.7, JANUARY, date(2026, 6, 30), 0.0))
    emission_factors.add_factor(world.scope("north admin"), site, certificate(0.4, JULY, None))


def test_own_production_is_of_what_produces_on_the_site(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    roof = graph.create_node(SYSTEM, site, name="Roof", kind="source", technology="pv", valid_from=BEGAN).id
    meter = graph.create_node(SYSTEM, site, name="Mains", kind="source", technology="grid", valid_from=BEGAN).id
    emission_factors.add_factor(scope, site, Factor(PRODUCTION, "Life cycle", JANUARY, None, 40.0, node_id=roof))
    assert "Roof" in [each.name for each in emission_factors.producers(scope, site)]
    assert "Mains" not in [each.name for each in emission_factors.producers(scope, site)]
    for node, says in ((meter, "does not produce"), (world.nodes["north first"], "does not produce"), (None, "that produces")):
        with pytest.raises(Refused, match=says):
            emission_factors.add_factor(scope, site, Factor(PRODUCTION, "x", JANUARY, None, 1.0, node_id=node))
    with pytest.raises(NotFound):
        south = world.sites["south"]
        emission_factors.add_factor(world.scope("south admin"), south, Factor(PRODUCTION, "x", JANUARY, None, 1.0, node_id=roof))


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (Factor("sun", "x", JANUARY, None, 1.0), "no kind of factor 'sun'"),
        (Factor(RESIDUAL, " ", JANUARY, None, 1.0), "has a name"),
        (Factor(RESIDUAL, "x", JANUARY, None, -1.0), "cannot be"),
        (Factor(RESIDUAL, "x", JANUARY, None, float("nan")), "cannot be"),
        (Factor(RESIDUAL, "x", MAY, JANUARY, 1.0), "before it begins"),
        (Factor(RESIDUAL, "x", date(1900, 1, 1), None, 1.0), "not of our time"),
        (Factor(RESIDUAL, "x", JANUARY, None, 1.0, share=0.5), "no other factor"),
        (certificate(None), "at the most"),
        (certificate(0.0), "at the most"),
        (certificate(1.01), "at the most"),
    ],
)
def test_factors_that_cannot_be_are_refused(world: World, said: Factor, says: str) -> None:
    with pytest.raises(Refused, match=says):
        emission_factors.add_factor(world.scope("north admin"), world.sites["north"], said)
    assert emission_factors.factors(SYSTEM, world.sites["north"]) == []


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_states_its_factors(world: World, who: str, error: type[Exception]) -> None:
    scope, site = world.scope(who), world.sites["north"]
    made = emission_factors.add_factor(world.scope("north admin"), site, certificate(0.5))
    for act in (
        lambda: emission_factors.add_factor(scope, site, certificate(0.1)),
        lambda: emission_factors.change_factor(scope, site, made.id, certificate(0.1)),
        lambda: emission_factors.delete_factor(scope, site, made.id),
        lambda: emission_factors.producers(scope, site),
        lambda: emission_factor_files.import_file(scope, site, "name,kind,co2_g_per_kwh,from\nx,residual,5,2026-01-01\n"),
        lambda: emission_factor_files.export_file(scope, site),
    ):
        with pytest.raises(error):
            act()
    with pytest.raises(NotFound):
        emission_factors.delete_factor(world.scope("south admin"), world.sites["south"], made.id)
    assert emission_factors.factors(SYSTEM, site) == [certificate(0.5)]


def test_a_file_states_and_changes_factors_and_reads_what_was_exported_as_the_same(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    graph.create_node(SYSTEM, site, name="Engine", kind="source", technology="genset", valid_from=BEGAN)
    made = emission_factors.add_factor(scope, site, certificate(0.29))
    text = (
        "id,name,kind,share_percent,source,co2_g_per_kwh,from,to,note\n"
        f"{made.id},Guarantees of origin,certificate,33.3,,12,2026-01-01,2026-12-31,\n"
        ",Engine on gas,Production,,engine,560,2026-01-01,,202 g by 36 %\n"
    )
    assert [each.does for each in emission_factor_files.try_file(scope, site, text)] == ["changed", "new"]
    assert emission_factors.factors(scope, site) == [certificate(0.29)]
    emission_factor_files.import_file(scope, site, text)
    told = emission_factors.factors(scope, site)
    assert [(each.kind, each.share, each.co2_g_per_kwh, each.note) for each in told] == [
        (CERTIFICATE, pytest.approx(0.333), 12.0, ""),
        (PRODUCTION, None, 560.0, "202 g by 36 %"),
    ]
    exported = "".join(emission_factor_files.export_file(scope, site))
    assert [each.does for each in emission_factor_files.try_file(scope, site, exported)] == ["same", "same"]
    assert len("".join(emission_factor_files.export_file(scope, site, "gas")).splitlines()) == 2


def test_a_file_with_a_line_that_cannot_be_changes_nothing(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    text = (
        "id,name,kind,share_percent,source,co2_g_per_kwh,from\n"
        ",Mix,residual,,,600,2026-01-01\n,Wind,certificate,60,,0,2026-01-01\n,Water,certificate,60,,0,2026-02-01\n"
        ",Engine,production,,Engine,5,2026-01-01\n,Mix,residual,,,,2026-01-01\n,Mix,residual,,,5,January\nemf_x,Mix,residual,,,5,2026-01-01\n"
    )
    problems = [each.problem for each in emission_factor_files.try_file(scope, site, text)]
    for problem, says in zip(
        problems, ("", "", "120 %", "produces energy", "grams per kWh", "is not a day", "no CO2 factor"), strict=True
    ):
        assert says in problem
        assert bool(says) == bool(problem)
    with pytest.raises(Refused, match="nothing was imported"):
        emission_factor_files.import_file(scope, site, text)
    assert emission_factors.factors(scope, site) == []
