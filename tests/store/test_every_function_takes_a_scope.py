"""Nothing in the store can be called without saying for whom, but for what is listed here with its reason."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

import store.records
import store.series
from cli.workshop import ROOMS
from config.settings import PROJECT

# Modules that hold no question about anybody's data.
WITHOUT_DATA = {
    "store.records.schema.columns": "what tables are made of",
    "store.records.schema": "the tables themselves",
    "store.records.transaction.engine": "connections and transactions; what is read in them is the caller's scope to check",
    "store.records.schema.rules": "the triggers themselves",
    "store.records.plant.tariff_terms": "terms in, refusals out",
    "store.records.jobs.kinds": "what work there is: nobody's data",
    "store.records.schema.texts": "texts in, texts out",
    "store.records.transaction.failures": "errors in other words",
    "store.records.transaction.bulk": "what lines of files do; whoever calls them says for whom",
    "store.records.schema.dated": "dates of records that the caller holds",
    "store.records.transaction.sealing": "keys and text in, text out",
    "store.records.signin.passwords": "hashes; nobody's in particular",
    "store.series.connection": "connections; `store.series` is their only user",
    "store.series.tables": "makes the tables at start",
    "store.series.checkpoint": "how far the rollup has come: nobody's data",
    "store.series.health": "how the server is: nobody's data",
    "store.series.grid": "moments in, moments out",
}

# Inner parts of the store: whoever calls them has checked the scope. Nothing outside the store may.
INNER = {
    "store.series.samples": "effective samples, for the modules that take a scope",
    "store.series.interval_sums": "effective intervals, for the modules that take a scope",
    "store.series.amendments.newest": "the amendments in force, for the same",
    "store.series.amendments.apply": "frames in, frame out",
    "store.series.amendments.without": "frames in, frame out",
    "store.series.levels.in_steps": "frames in, frame out",
    "store.series.as_if.trying": "where amendments are listed that are not meant, for the same",
    "store.series.as_if.supposed": "amendments that somebody wonders about, for the same",
    "store.series.as_if.parts": "moments in, moments out",
    "store.series.counters": "readings of meters that were checked",
    "store.series.newest": "the newest readings that count, of meters that were checked",
    "store.series.latest.not_ahead": "a moment, before which what is latest lies",
    "store.series.short_intervals.energies": "a part of the energy of meters that were checked",
    "store.series.short_intervals.across_quarters": "which of meters that were checked",
    "store.series.declared.spans_of": "what meters declare that were checked",
    "store.series.declared.rhythms": "the same",
    "store.series.energy_of_samples": "a part of the energy of meters that were checked",
    "store.series.energy_of_intervals": "the same",
    "store.series.other_lengths": "the same",
    "store.series.estimated": "what senders say of meters that were checked",
    "store.series.pieces": "columns in, columns out",
    "store.series.quarters": "for the rollup, which checks the scope",
    "store.series.derived_energy": "the same",
    "store.records.plant.limits.own_limits": "within a transaction, once the scope was checked; and for the device API",
    "store.records.plant.meters.terms_of": "within a transaction; the caller checks who may see them",
    "store.records.plant.declarations.declared_of": "the same",
    "store.records.plant.pull_sources.currencies": "within a transaction, after the scope was checked",
    "store.records.plant.pull_sources.key_of": "the same",
    "store.records.people.unfinished": "within a transaction: whether the right is still there, and its end",
    "store.records.signin.credentials.changed": "within a transaction; the caller says whose are others now",
    "store.records.signin.credentials.shut_out": "within a transaction; the caller says who is shut out",
    "store.records.signin.credentials.end_sessions": "within a transaction; the caller says whose sessions end",
    "store.records.signin.credentials.end_tokens": "within a transaction; the caller says whose tokens end",
    "store.records.people.users.managed": "within a transaction; it checks the scope",
    "store.records.people.users.require_another_platform_administrator": "within a transaction, after the scope was checked",
    "store.records.people.users.remove_unverified": "within a transaction; nobody has shown that they are theirs",
    "store.records.people.users.give_way": "the same",
    "store.records.people.users.is_shown": "a condition",
    "store.records.people.users.by_address": "a statement, not yet run",
    "store.records.people.succession": "within a transaction, after the scope was checked",
    "store.records.schema.listing.page": "within a transaction; the question names its scope",
    "store.records.access.visibility.may_be_seen": "within a transaction; it checks the scope",
    "store.records.people.preferences.is_wanted": "within a transaction, for whoever tells them",
    "store.records.access.claims.is_taken": "within a transaction, after the scope was checked",
    "store.records.signin.one_time_links.redeem": "the link's token is the right",
    "store.records.plant.names": "within a transaction, after the scope was checked",
    "store.records.transaction.lookup": "within a transaction, after the scope was checked",
    "store.records.transaction.versions": "counts changes within a transaction",
    "store.records.transaction.trail": "writes the audit log within a transaction",
    "store.records.transaction.consequences": "the same: what an act does, and whom it concerns",
    "store.records.transaction.person_keys": "within a transaction, for the audit log",
    "store.records.transaction.upsert": "a statement, not yet run",
}

# Programs that write records past the services, with why.
PAST_THE_SERVICES = {"bench/crowd.py": "makes a million records of a Loadstar that is gone after the bench"}

# Functions, with why they take none.
WITHOUT_SCOPE = {
    "store.records.access.policy.scope_of": "makes the scope",
    "store.records.people.addresses.is_address": "text in, a yes or no out",
    "store.records.plant.pull_sources.own_of": "a record in, what it says out",
    "store.records.people.users.normal_email": "text in, text out",
    "store.records.signin.credentials.proof": "a user in, text out",
    "store.records.people.users.checked": "text in, text out",
    "store.records.signin.one_time_links.hash_of": "text in, text out",
    "store.records.people.registration.register_residential": "nobody has an account yet",
    "store.records.people.registration.found_organisation": "nobody has an account yet",
    "store.records.people.registration.join_organisation": "nobody has an account yet",
    "store.records.people.registration.distributors": "names of utilities, for a form that is open to everyone",
    "store.records.people.registration.resend_verification": "nobody is signed in yet; only the address's owner gets the link",
    "store.records.people.registration.ask_new_password": "nobody is signed in; only the address's owner gets the link",
    "store.records.people.registration.verify_address": "the link's token is the right",
    "store.records.people.registration.reset_password": "the link's token is the right",
    "store.records.people.new_address.confirm_new_address": "the link's token is the right",
    "store.records.people.new_address.undo_new_address": "the link's token is the right",
    "store.records.people.invitations.offer": "the link's token is the right",
    "store.records.people.invitations.accept": "the link's token is the right",
    "store.records.people.users.verify_password": "nobody is signed in yet",
    "store.records.people.identities.recognise": "nobody is signed in yet; what the provider signed is the right",
    "store.records.people.users.create_first_administrator": "there is nobody yet; the link's token is the right",
    "store.records.signin.sessions.open_session": "follows verify_password, before there is a scope",
    "store.records.signin.sessions.user_of": "the session's token is the right",
    "store.records.signin.sessions.opened": "the session's token is the right",
    "store.records.signin.sessions.begin_view": "the session's token is the right; whether they may look, the page has asked",
    "store.records.signin.sessions.end_view": "the session's token is the right",
    "store.records.signin.sessions.end_session": "the session's token is the right",
    "store.records.signin.sessions.end_all": "signing oneself out; a page hands over the id of whoever is signed in",
    "store.records.signin.sessions.device_of": "text in, text out",
    "store.records.signin.sessions.closed": "a user in, text out",
    "store.records.signin.two_factor.is_on": "follows verify_password, before there is a scope",
    "store.records.signin.two_factor.is_missing": "a user in, a yes or no out; before there is a scope",
    "store.records.signin.two_factor.check": "the code is the right",
    "store.records.signin.tokens.bearer_of": "the token is the right",
    "store.records.signin.tokens.sign_in": "follows verify_password, before there is a scope",
    "store.records.signin.tokens.refresh": "the token is the right",
    "store.records.signin.tokens.revoke": "the token is the right",
    "store.records.signin.one_time_links.create_link": "made by Loadstar's own processes, for nobody yet",
    "store.records.signin.one_time_links.find": "the link's token is the right",
    "store.records.signin.one_time_links.is_good": "the link's token is the right",
    "store.records.signin.one_time_links.use_link": "the link's token is the right",
    "store.records.signin.attempts.admit": "nobody is signed in yet",
    "store.records.signin.attempts.succeeded": "nobody is signed in yet",
    "store.records.people.mail.asker_of": "text in, text out",
    "store.records.signin.attempts.is_known": "nobody is signed in yet",
    "store.records.signin.attempts.mark_of": "text in, text out",
    "store.records.signin.attempts.network_of": "text in, text out",
    "store.records.access.audit.note": "adds an entry, tells nothing",
    "store.records.plant.field_maps.the_one": "ids in, an id out",
    "store.records.plant.keys.hash_of": "text in, text out",
    "store.records.plant.directory.directory_version": "a number, for the device API's own copy",
    "store.records.plant.sites.version_of_all": "one number of all sites, which tells of none",
    "store.records.plant.directory.load_directory": "the device API's own copy of everything",
    "store.series.bulk.telemetry": "arrays in, frame out",
    "store.series.bulk.intervals": "arrays in, frame out",
    "store.series.bulk.late": "markers in, frame out",
    "store.series.bulk.symbols": "places in, column out",
    "store.series.bulk.writer": "a connection; `bulk.write` takes the scope",
    "store.series.energy.oldest_samples": "a moment, of nobody in particular",
    "store.series.energy.table": "flows in, frame out",
    "store.series.energy.periods": "moments in, moments out",
    "store.series.energy.patience_s": "declarations in, seconds out",
    "store.series.finality.shown": "whether QuestDB shows what is committed: nobody's data",
    "store.series.as_known.as_known": "for what is read within it by functions that take a scope",
    "store.series.as_if.as_if": "the same",
    "store.series.as_if.tried": "for what is done within it by functions that take a scope",
    "store.series.versions.now": "a moment, of nobody in particular",
    "store.series.versions.written": "a number, of nobody in particular",
    "store.series.declared.edges_of": "a rhythm in, moments out",
    "store.series.versions.settled_to": "a moment, of nobody in particular",
    "store.series.power.steps": "moments in, moments out",
    "store.series.write.series": "names in, a value out",
    "store.series.waiting.series": "names in, a value out",
    "store.series.write.lines": "readings in, text out",
    "store.series.write.marker_lines": "markers in, text out",
    "store.series.latest.kept_since": "a moment, of nobody in particular",
    "store.series.latest.end_of": "a moment in, a moment out",
    "store.series.stored.questions": "text and parameters of a look-up, not yet asked",
    "store.series.stored.key": "a row in, what identifies it out",
    "store.series.stored.standing": "a row in, what it says out",
    "store.series.rollup.await_applied": "waits until QuestDB shows what was written",
}


def _modules() -> Iterator[ModuleType]:
    for package in (store.records, store.series):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                yield importlib.import_module(found.name)


def _functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for module in _modules():
        if module.__name__ in WITHOUT_DATA or module.__name__ in INNER:
            continue
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}", function


def test_every_public_function_takes_a_scope_first() -> None:
    unscoped = []
    for name, function in _functions():
        first = next(iter(inspect.signature(function).parameters.values()), None)
        if (
            name not in WITHOUT_SCOPE
            and name not in INNER
            and (first is None or first.name != "scope" or first.default is not first.empty)
        ):
            unscoped.append(name)
    assert unscoped == [], "give each a scope as its first argument, or list it above with the reason"


def test_the_exceptions_are_still_there() -> None:
    there = {name for name, _ in _functions()} | {module.__name__ for module in _modules()}
    assert [name for name in (*WITHOUT_SCOPE, *WITHOUT_DATA, *INNER) if name not in there] == []


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in ("store", "models", "config")])
def test_no_room_reaches_into_the_inner_parts(room: str) -> None:
    reached = []
    for file in sorted({*(PROJECT / room).rglob("*.py")} - {PROJECT / each for each in PAST_THE_SERVICES}):
        text = file.read_text()
        for inner in INNER:
            owner, name = inner.rsplit(".", 1)
            used = rf"{re.escape(inner)}\b|from {re.escape(owner)} import [^\n]*\b{name}\b|\b{owner.rsplit('.', 1)[1]}\.{name}\b"
            if re.search(used, text):
                reached.append(f"{file.relative_to(PROJECT)}: {inner}")
    assert reached == []
