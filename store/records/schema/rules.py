"""Rules that a constraint cannot hold: triggers on SQLite and PostgreSQL, made from one list.

Every run of the migrations takes them away first and makes those of this list at the head revision, so that a
migration may copy and drop tables freely (SQLite drops a table's triggers with it, and refuses to rename a table
that another trigger names). A *refusal* forbids what its condition finds, by raising its own name, which
`failures` turns into a sentence; a *deed* writes what must follow. Conditions and statements are SQL that both
databases read alike; `{now}` stands for this moment, `{has_unseen}` for a comparison that they spell differently.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from store.records.schema import texts

PREFIX = "rule_"
# Characters that are not seen, as `texts.UNSEEN` has them below U+10000: ranges by their ends.
_UNSEEN = (
    "1-31 127-159 173 1536-1541 1564 1757 1807 2192-2193 2274 6158 8203-8207 8232-8238 8288-8292 8294-8303 65279 65529-65531"
)
_SEVERAL = _UNSEEN.replace("1-31", "1-8 11-31", 1)  # but for tabs and ends of lines


def _on_sqlite(ranges: str) -> str:
    points = ",".join(each.replace("-", ",45,") for each in ranges.split())
    return f"GLOB '*[' || char({points}) || ']*'"


def _on_postgresql(ranges: str) -> str:
    points = "".join("-".join(f"\\u{int(end):04x}" for end in each.split("-")) for each in ranges.split())
    return f"~ '[{points}]'"


_WORDS = {
    "sqlite": {
        "now": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
        "has_unseen": _on_sqlite(_UNSEEN),
        "has_unseen_but_lines": _on_sqlite(_SEVERAL),
    },
    "postgresql": {
        "now": "clock_timestamp()",
        "has_unseen": _on_postgresql(_UNSEEN),
        "has_unseen_but_lines": _on_postgresql(_SEVERAL),
    },
}


@dataclass(frozen=True, slots=True)
class Rule:
    """On each of `events` of a row of `table`: where `when` holds, `do` is done, or without it the row refused.

    `lock` names what PostgreSQL holds meanwhile, so that two transactions at the same moment see each other;
    SQLite has one writer at a time.
    """

    name: str
    table: str
    events: tuple[str, ...]
    when: str
    do: str = ""
    lock: str = ""
    before: bool = False


RULES: tuple[Rule, ...] = (
    # Ids never change; everyone has an entity, as long as they are there.
    Rule("rule_user_id", "users", ("UPDATE OF id",), "NEW.id <> OLD.id", before=True),
    Rule("rule_organisation_id", "organisations", ("UPDATE OF id",), "NEW.id <> OLD.id", before=True),
    Rule("rule_entity_fixed", "entities", ("UPDATE",), "1 = 1", before=True),
    Rule(
        "rule_entity_stays",
        "entities",
        ("DELETE",),
        "EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id)"
        " OR EXISTS (SELECT 1 FROM organisations o WHERE o.id = OLD.organisation_id)",
        before=True,
    ),
    Rule(
        "rule_entity_of_user",
        "users",
        ("INSERT",),
        "1 = 1",
        do="INSERT INTO entities (id, user_id) SELECT 'ent_' || substr(NEW.id, 5), NEW.id",
    ),
    Rule(
        "rule_entity_of_organisation",
        "organisations",
        ("INSERT",),
        "1 = 1",
        do="INSERT INTO entities (id, organisation_id) SELECT 'ent_' || substr(NEW.id, 5), NEW.id",
    ),
    # A meter belongs to one residential user at a time, and to nobody inside an organisation.
    Rule(
        "rule_one_resident",
        "grants",
        ("INSERT", "UPDATE OF entity_id, meter_id, valid_from, valid_to"),
        "EXISTS (SELECT 1 FROM grants g JOIN entities e ON e.id = g.entity_id JOIN entities mine ON mine.id = NEW.entity_id"
        " WHERE g.meter_id = NEW.meter_id AND g.entity_id <> NEW.entity_id"
        " AND e.user_id IS NOT NULL AND mine.user_id IS NOT NULL"
        " AND (g.valid_to IS NULL OR g.valid_to > NEW.valid_from) AND (NEW.valid_to IS NULL OR NEW.valid_to > g.valid_from))",
        lock="SELECT 1 FROM meters m WHERE m.id = NEW.meter_id FOR NO KEY UPDATE",
    ),
    Rule(
        "rule_no_own_meters",
        "grants",
        ("INSERT", "UPDATE OF entity_id, meter_id, valid_from, valid_to"),
        "NEW.meter_id IS NOT NULL AND EXISTS (SELECT 1 FROM entities e JOIN users u ON u.id = e.user_id"
        " WHERE e.id = NEW.entity_id AND u.organisation_id IS NOT NULL)",
        lock="SELECT 1 FROM users u JOIN entities e ON e.user_id = u.id WHERE e.id = NEW.entity_id FOR SHARE OF u",
    ),
    Rule(
        "rule_release_meters",
        "users",
        ("UPDATE OF organisation_id",),
        "NEW.organisation_id IS NOT NULL AND EXISTS (SELECT 1 FROM entities e JOIN grants g ON g.entity_id = e.id"
        " WHERE e.user_id = NEW.id AND g.meter_id IS NOT NULL AND (g.valid_to IS NULL OR g.valid_to > {now}))",
    ),
    # The first of an organisation runs it; whoever is residential needs nobody's approval but a true address.
    Rule(
        "rule_first_is_admin",
        "users",
        ("INSERT", "UPDATE OF organisation_id"),
        "NEW.organisation_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM users u WHERE u.organisation_id = NEW.organisation_id AND u.id <> NEW.id)",
        do="UPDATE users SET role = 'admin' WHERE id = NEW.id",
        lock="SELECT 1 FROM organisations o WHERE o.id = NEW.organisation_id FOR NO KEY UPDATE",
    ),
    Rule(
        "rule_verified_is_approved",
        "users",
        ("INSERT", "UPDATE OF email_verified_at"),
        "NEW.organisation_id IS NULL AND NEW.approval = 'pending' AND NEW.email_verified_at IS NOT NULL",
        do="UPDATE users SET approval = 'approved' WHERE id = NEW.id",
    ),
    # What is there at the same time can be told apart by name; spellings that people take for the same are `names`' to find.
    Rule(
        "rule_one_node_of_a_name",
        "nodes",
        ("INSERT", "UPDATE OF site_id, name, valid_from, valid_to"),
        "EXISTS (SELECT 1 FROM nodes n WHERE n.site_id = NEW.site_id AND n.id <> NEW.id AND n.name = NEW.name"
        " AND (n.valid_to IS NULL OR n.valid_to > NEW.valid_from) AND (NEW.valid_to IS NULL OR NEW.valid_to > n.valid_from))",
        lock="SELECT 1 FROM sites s WHERE s.id = NEW.site_id FOR NO KEY UPDATE",
    ),
    Rule(
        "rule_one_edge_of_a_way",
        "edges",
        ("INSERT", "UPDATE OF from_node_id, to_node_id, carrier, valid_from"),
        "EXISTS (SELECT 1 FROM edges e WHERE e.id <> NEW.id AND e.from_node_id = NEW.from_node_id"
        " AND e.to_node_id = NEW.to_node_id AND e.carrier = NEW.carrier"
        " AND (e.valid_to IS NULL OR e.valid_to > NEW.valid_from) AND (NEW.valid_to IS NULL OR NEW.valid_to > e.valid_from))",
        lock="SELECT 1 FROM sites s WHERE s.id = NEW.site_id FOR NO KEY UPDATE",
    ),
    Rule(
        "rule_one_site_of_a_name",
        "sites",
        ("INSERT", "UPDATE OF organisation_id, name, archived_at"),
        "NEW.archived_at IS NULL AND EXISTS (SELECT 1 FROM sites s WHERE s.organisation_id = NEW.organisation_id"
        " AND s.id <> NEW.id AND s.name = NEW.name AND s.archived_at IS NULL)",
        lock="SELECT 1 FROM organisations o WHERE o.id = NEW.organisation_id FOR NO KEY UPDATE",
    ),
    # Sites are distributors', and each meter is assigned to its site's.
    Rule(
        "rule_sites_of_distributors",
        "sites",
        ("INSERT", "UPDATE OF organisation_id"),
        "EXISTS (SELECT 1 FROM organisations o WHERE o.id = NEW.organisation_id AND o.kind <> 'distributor')",
        lock="SELECT 1 FROM organisations o WHERE o.id = NEW.organisation_id FOR SHARE",
    ),
    Rule(
        "rule_distributor_with_sites",
        "organisations",
        ("UPDATE OF kind",),
        "NEW.kind <> 'distributor' AND (EXISTS (SELECT 1 FROM sites s WHERE s.organisation_id = NEW.id)"
        " OR EXISTS (SELECT 1 FROM organisations o WHERE o.distributor_id = NEW.id))",
    ),
    Rule(
        "rule_customers_of_distributors",
        "organisations",
        ("INSERT", "UPDATE OF distributor_id"),
        "EXISTS (SELECT 1 FROM organisations o WHERE o.id = NEW.distributor_id AND o.kind <> 'distributor')",
        lock="SELECT 1 FROM organisations o WHERE o.id = NEW.distributor_id FOR SHARE",
    ),
    Rule(
        "rule_meter_of_distributor",
        "meters",
        ("INSERT",),
        "1 = 1",
        do="INSERT INTO grants (id, entity_id, meter_id, role, origin, valid_from) SELECT 'grt_' || substr(NEW.id, 5),"
        " e.id, NEW.id, 'admin', 'owner', NEW.created_at"
        " FROM entities e JOIN sites s ON s.organisation_id = e.organisation_id WHERE s.id = NEW.site_id",
    ),
    Rule(
        "rule_meter_moved",
        "meters",
        ("UPDATE OF site_id",),
        "NEW.site_id <> OLD.site_id",
        do="UPDATE grants SET entity_id ="
        " (SELECT e.id FROM entities e JOIN sites s ON s.organisation_id = e.organisation_id WHERE s.id = NEW.site_id)"
        " WHERE meter_id = NEW.id AND origin = 'owner'",
    ),
    Rule(
        "rule_site_moved",
        "sites",
        ("UPDATE OF organisation_id",),
        "NEW.organisation_id <> OLD.organisation_id",
        do="UPDATE grants SET entity_id = (SELECT e.id FROM entities e WHERE e.organisation_id = NEW.organisation_id)"
        " WHERE origin = 'owner' AND meter_id IN (SELECT m.id FROM meters m WHERE m.site_id = NEW.id)",
    ),
)


def _texts() -> Iterator[Rule]:
    """A refusal for each table with texts: they have a length, and nothing in them that is not seen."""
    for table in texts.tables():
        longest = texts.columns_of(table)
        wrong = " OR ".join(
            f"length(NEW.{name}) > {most} OR NEW.{name} {{has_unseen{'_but_lines' if most == texts.NOTE else ''}}}"
            for name, most in longest.items()
        )
        yield Rule(f"rule_texts_of_{table.name}", table.name, ("INSERT", f"UPDATE OF {', '.join(longest)}"), wrong)


RULES += tuple(_texts())


def make(connection: Connection) -> None:
    """Make the triggers of every rule; they must not be there."""
    dialect = connection.dialect.name
    for rule in RULES:
        for statement in _postgresql(rule) if dialect == "postgresql" else _sqlite(rule):
            connection.exec_driver_sql(statement)


def remove(connection: Connection) -> None:
    """Take every rule away, also those that this list does not know; within the same transaction they come back."""
    for name in present(connection):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"DROP FUNCTION {name}() CASCADE")  # and its trigger
        else:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")


def present(connection: Connection) -> dict[str, str]:
    """The text of each trigger that the database has for a rule, by its name: what must equal `wanted`."""
    if connection.dialect.name == "postgresql":
        asked = "SELECT tgname, prosrc FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal"
    else:
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    return {name: body for name, body in connection.execute(text(asked)) if name.startswith(PREFIX)}


def wanted(dialect: str) -> dict[str, str]:
    """The same of the rules as they are written here."""
    if dialect == "postgresql":
        return {rule.name: _body(rule) for rule in RULES}
    return {_sqlite_name(rule, event): made for rule in RULES for event, made in zip(rule.events, _sqlite(rule), strict=True)}


def _sqlite(rule: Rule) -> Iterator[str]:
    time = "BEFORE" if rule.before else "AFTER"
    do = rule.do or f"SELECT RAISE(ABORT, '{rule.name}')"
    for event in rule.events:
        trigger = f"CREATE TRIGGER {_sqlite_name(rule, event)} {time} {event} ON {rule.table} WHEN {rule.when} BEGIN {do}; END"
        yield trigger.format(**_WORDS["sqlite"])


def _sqlite_name(rule: Rule, event: str) -> str:
    return rule.name if len(rule.events) == 1 else f"{rule.name}_{event.split()[0].lower()}"


def _postgresql(rule: Rule) -> Iterator[str]:
    yield f"CREATE OR REPLACE FUNCTION {rule.name}() RETURNS trigger LANGUAGE plpgsql AS $body${_body(rule)}$body$"
    time = "BEFORE" if rule.before else "AFTER"
    yield (
        f"CREATE TRIGGER {rule.name} {time} {' OR '.join(rule.events)} ON {rule.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {rule.name}()"
    )


def _body(rule: Rule) -> str:
    lock = f"PERFORM {rule.lock.removeprefix('SELECT ')}; " if rule.lock else ""
    refuse = f"RAISE EXCEPTION '{rule.name}' USING ERRCODE = 'check_violation', CONSTRAINT = '{rule.name}'"
    row = "OLD" if "DELETE" in rule.events else "NEW"
    body = f"BEGIN {lock}IF {rule.when} THEN {rule.do or refuse}; END IF; RETURN {row}; END"
    return body.format(**_WORDS["postgresql"])
