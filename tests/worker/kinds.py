"""Kinds of work for the tests of what does work: each is told a folder in which it leaves traces."""

import msgspec

from store.records.jobs.kinds import Kind, Queue


class Folder(msgspec.Struct, frozen=True):
    """Where a task leaves traces and finds orders."""

    folder: str
    name: str = ""


ADDS = Kind("adds", Queue.REPORT, Folder, most_attempts=10)
BREAKS = Kind("breaks", Queue.REPORT, Folder)
DIES = Kind("dies", Queue.REPORT, Folder, most_attempts=2)
EATS = Kind("eats", Queue.REPORT, Folder)
EATS_AT_ONCE = Kind("eats_at_once", Queue.REPORT, Folder)
SETS_POINT = Kind("sets_point", Queue.CONTROL, Folder, repeatable=False)
STANDS = Kind("stands", Queue.REPORT, Folder)
STRAYS = Kind("strays", Queue.CONTROL, Folder, repeatable=False)
TELLS_SCOPE = Kind("tells_scope", Queue.REPORT, Folder)
WAITS = Kind("waits", Queue.FORECAST, Folder, only_reads=True, most_attempts=10)

ALL = {each.name: each for each in (ADDS, BREAKS, DIES, EATS, EATS_AT_ONCE, SETS_POINT, STANDS, STRAYS, TELLS_SCOPE, WAITS)}
