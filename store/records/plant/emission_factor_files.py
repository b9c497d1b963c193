"""The CO2 factors of a site in bulk: a file says what it would do before it does anything, and does all of it or nothing."""

from collections.abc import Iterator, Mapping

from config.language import N_, _
from models.emissions import CERTIFICATE, PRODUCTION, RESIDUAL, Factor
from store import sheets
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant import emission_factors
from store.records.transaction import bulk
from store.records.transaction.bulk import Line
from store.records.transaction.engine import session
from store.scope import Scope

COLUMNS = ("id", "name", "kind", "share_percent", "source", "co2_g_per_kwh", "from", "to", "note")
MOST_LINES = 1000
KINDS = {
    CERTIFICATE: N_("certificates"),
    RESIDUAL: N_("residual mix"),
    PRODUCTION: N_("own production"),
}

_Lines = list[tuple[int, Mapping[str, str]]]


def try_file(scope: Scope, site_id: str, text: str) -> list[Line]:
    """What importing the file would do, line by line, found by doing it and taking it back.

    A line with an `id` states that factor anew; one without adds a factor, unless the very same is there. `source` is the name of
    what produces, `to` the last day, empty until further notice.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, the file cannot be read, or it has too many lines.
    """
    lines = _read(scope, site_id, text)
    return bulk.tried(lambda: _do(scope, site_id, lines))


def import_file(scope: Scope, site_id: str, text: str) -> list[Line]:
    """Do what `try_file` said, all of it. Raises as it, and `Refused` where a line cannot be done: then nothing was."""
    lines = _read(scope, site_id, text)
    return bulk.done(lambda: _do(scope, site_id, lines))


def factors_with(scope: Scope, site_id: str, text: str) -> list[Factor]:
    """The factors of the site as they would be once the file was imported. Nothing is saved; raises as `try_file`."""
    lines, found = _read(scope, site_id, text), list[Factor]()

    def do() -> list[Line]:
        told = _do(scope, site_id, lines)
        found.extend(emission_factors.factors(scope, site_id))
        return told

    bulk.tried(do)
    return found


def _read(scope: Scope, site_id: str, text: str) -> _Lines:
    require(scope, Action.ADMINISTER, site_id=site_id)
    return sheets.read(text, COLUMNS, ("name", "kind", "co2_g_per_kwh", "from"), MOST_LINES)


def _do(scope: Scope, site_id: str, lines: _Lines) -> list[Line]:
    there = emission_factors.stated(scope, site_id)
    sources = {each.name.casefold(): each.id for each in emission_factors.producers(scope, site_id)}
    found = []
    for number, cells in lines:
        try:
            with session():
                does, words = _one(scope, site_id, there, sources, cells)
            found.append(Line(number, cells["name"], does, words))
        except (Refused, NotFound) as problem:
            found.append(Line(number, cells["name"], "", problem=str(problem)))
    return found


def _one(
    scope: Scope, site_id: str, there: dict[str, Factor], sources: Mapping[str, str], cells: Mapping[str, str]
) -> tuple[str, str]:
    said, own = _factor(cells, sources), cells.get("id")
    if own and own not in there:
        raise Refused(_("the site has no CO2 factor with the id %(id)s: leave the id out to add one", id=repr(own)))
    if there.get(own) == said if own else said in there.values():
        return "same", ""
    if own:
        emission_factors.change_factor(scope, site_id, own, said)
    else:
        own = emission_factors.add_factor(scope, site_id, said).id
    there[own] = said
    share = "" if said.share is None else f", {said.share * 100:g} %"
    return "changed" if cells.get("id") else "new", f"{_(KINDS[said.kind])}{share}, {said.co2_g_per_kwh:g} g/kWh, {said.first}"


def _factor(cells: Mapping[str, str], sources: Mapping[str, str]) -> Factor:
    named, share = cells.get("source", ""), bulk.number("share_percent", cells.get("share_percent", ""))
    if named and named.casefold() not in sources:
        raise Refused(_("nothing called %(name)s produces energy on the site: correct it", name=repr(named)))
    grams = bulk.number("co2_g_per_kwh", cells["co2_g_per_kwh"])
    if grams is None:
        raise Refused(_("a CO2 factor is missing: give the grams per kWh"))
    return Factor(
        cells["kind"].casefold(),
        cells["name"],
        bulk.day("from", cells["from"]),
        bulk.day("to", cells["to"]) if cells.get("to") else None,
        grams,
        None if share is None else share / 100,
        sources[named.casefold()] if named else None,
        cells.get("note", ""),
    )


def export_file(scope: Scope, site_id: str, search: str = "") -> Iterator[str]:
    """The site's factors whose name holds the search, as a file that `import_file` reads.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    names = {each.id: each.name for each in emission_factors.producers(scope, site_id)}
    found = [each for each in emission_factors.emission_factors(scope, site_id) if search.casefold() in each.name.casefold()]
    return sheets.written(
        COLUMNS,
        (
            [
                each.id,
                each.name,
                each.kind,
                None if each.share is None else round(each.share * 100, 9),
                names.get(each.node_id or "", ""),
                each.co2_g_per_kwh,
                f"{each.first_day}",
                f"{each.last_day or ''}",
                each.note,
            ]
            for each in found
        ),
    )
