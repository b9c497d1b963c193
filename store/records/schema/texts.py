"""What a text of the records may be: of a length, in one spelling, and nothing in it that cannot be seen.

Texts are kept in Unicode's composed form (NFC), so that one name is one text however it was typed. Control and format
characters (Unicode's categories Cc and Cf, line and paragraph separators, half characters) are refused: they end lines
of logs, turn the order of what is read, and make two names look alike. It is asked wherever a record's attribute is set,
and by triggers of the database (`rules`) for what is written in another way.
"""

import unicodedata
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import String, Table, event
from sqlalchemy.orm import Mapper

from config.language import _
from store.errors import Refused
from store.records import schema
from store.records.schema.columns import Record

NAME = 120
NOTE = 2_000  # may have several lines
ADDRESS = 254  # the longest that mail servers take (RFC 5321)
ANY = 300
CHANNEL = 1_000  # a measurement, its tags and a field
SEVERAL_LINES = ("\n", "\t")

LONGEST = {
    "name": NAME,
    "full_name": CHANNEL,
    "technology": NAME,
    "serial_number": NAME,
    "note": NOTE,
    "reason": NOTE,
    "source_note": NOTE,
    "email": ADDRESS,
    "recipient": ADDRESS,
    "issuer": NOTE,
}
# What Loadstar writes itself, about what others sent: bounded where it is made, and encrypted or quoted where it is kept.
OF_LOADSTAR = {
    "attempts": ("key",),
    "broker_sources": ("source",),
    "broker_states": ("trouble",),
    "brokers": ("ca", "password"),
    "channels": ("told_name", "told_unit", "told_kind"),
    "mails": ("subject", "text", "file_name", "last_error"),
    "one_time_links": ("address",),
    "pull_sources": ("secret",),
    "received_requests": ("path", "body"),
    "refused_readings": ("message", "name", "meter", "quantity", "ts", "value", "unit", "interval_s", "body", "became"),
    "sessions": ("user_agent", "address"),
    "token_families": ("user_agent", "address"),
    "two_factor": ("secret",),
}
OF_THE_AUDIT_LOG = ("audit", "audit_head")
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def key(name: str) -> str:
    """What two names have in common that people take for the same.

    >>> key("Bâtiment É") == key(" BA\u0302TIMENT E\u0301")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).strip().casefold())


def clean(text: str, column: str) -> str:
    """The text as it is kept in a column of that name.

    Raises:
        Refused: it is too long, or holds an invisible character.
    """
    longest, said = LONGEST.get(column, ANY), column.replace("_", " ")
    if len(text) > 4 * longest:  # composed it may be shorter, but not by that much
        raise Refused(_("a %(said)s has %(longest)s characters at the most: shorten it", said=said, longest=f"{longest:,}"))
    text = unicodedata.normalize("NFC", text)
    several = longest == NOTE
    if several:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > longest:
        raise Refused(_("a %(said)s has %(longest)s characters at the most: shorten it", said=said, longest=f"{longest:,}"))
    if not text.isprintable():
        for each in text:
            if unicodedata.category(each) in UNSEEN and not (several and each in SEVERAL_LINES):
                raise Refused(
                    _("a %(said)s holds an invisible character (U+%(code)s): type it again", said=said, code=f"{ord(each):04X}")
                )
    return text


@cache
def columns_of(table: Table) -> Mapping[str, int]:
    """The columns of a table whose texts are bounded, and the longest of each."""
    return {
        column.name: LONGEST.get(column.name, ANY)
        for column in table.columns
        if isinstance(column.type, String)
        and not column.foreign_keys
        and not column.primary_key
        and table.name not in OF_THE_AUDIT_LOG
        and column.name not in OF_LOADSTAR.get(table.name, ())
    }


def tables() -> Collection[Table]:
    """The tables that have such columns."""
    return [table for table in Record.metadata.sorted_tables if columns_of(table)]


@event.listens_for(Record, "mapper_configured", propagate=True)
def _watch(mapper: Mapper[Any], _class: type) -> None:
    table = mapper.local_table
    if not isinstance(table, Table):
        return
    for name in columns_of(table):

        def cleaned(_record: object, value: object, _before: object, _initiator: object, name: str = name) -> object:
            return clean(value, name) if isinstance(value, str) else value

        event.listen(getattr(mapper.class_, mapper.get_property_by_column(table.c[name]).key), "set", cleaned, retval=True)


assert schema  # noqa: S101  # the tables are there
