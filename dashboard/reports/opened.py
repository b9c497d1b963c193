"""A kept report as whoever asks reads it: opened by its link, by all who see what it was made from."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from dashboard.parts.reading import reader
from insight.reports.numbers import Report
from reporting.compose import document
from reporting.document import Document
from reporting.reader import Reader
from store.errors import NotFound
from store.records.plant import reports
from store.scope import Scope


class Opened(NamedTuple):
    """Its numbers, what they say, and how whoever asks reads."""

    numbers: Report
    document: Document
    reader: Reader


def opened(scope: Scope, site_id: str, report_id: str) -> Opened:
    """The report.

    Raises:
        NotFound: there is none on that site, or the scope does not see all that it was made from.
    """
    row = reports.report(scope, report_id)
    if row.site_id != site_id:
        raise NotFound(f"no report {report_id}")
    numbers = msgspec.convert(row.numbers, Report)
    reads = Reader(reader().language, ZoneInfo(numbers.zone))
    return Opened(numbers, document(numbers, reads), reads)
