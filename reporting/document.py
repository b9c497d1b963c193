"""What a report says, before it is a page, a PDF or a sheet: the same words and numbers in each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

Cell = str | float | date | datetime | None

TEXT, DAY, MOMENT, MONTH = "text", "day", "moment", "month"
NUMBER, MONEY, SHARE, CHANGE = "number", "money", "share", "change"
NUMERIC = (NUMBER, MONEY, SHARE, CHANGE)
HIGH, LOW = "high", "low"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `kind` says what its cells are and how they are written; `unit` is of numbers, a currency of money.

    Shares and changes are 0..1; `bar`: its numbers are drawn as well.
    """

    words: str
    kind: str = TEXT
    unit: str = ""
    decimals: int = 0
    bar: bool = False

    @property
    def headed(self) -> str:
        """Its words with the unit of its numbers: `Energy, kWh`."""
        return f"{self.words}, {self.unit}" if self.unit else self.words


@dataclass(frozen=True, slots=True)
class Table:
    """Rows named by their first cell; `marks` (`HIGH`, `LOW` or nothing) are of rows.

    `summed`: the last row is the sum of the others.
    """

    name: str  # of a sheet
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    marks: Sequence[str] = ()
    summed: bool = False


@dataclass(frozen=True, slots=True)
class DaysChart:
    """Energies of successive days beside what is usual, and which are out of the ordinary; None where not known."""

    says: str
    unit: str
    days: Sequence[date]
    values: Sequence[float | None]
    usual: Sequence[float | None]
    marks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that is told by itself; `remark` says how sure or against what."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document."""

    title: str
    says: Sequence[str] = ()
    table: Table | None = None
    chart: DaysChart | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report, in the language and the numbers of one reader."""

    title: str
    subject: str
    period: str
    answer: Sequence[str]
    facts: Sequence[Fact]
    sections: Sequence[Section]
    made: str

    @property
    def tables(self) -> list[Table]:
        """All of its tables, in order."""
        return [each.table for each in self.sections if each.table is not None]
