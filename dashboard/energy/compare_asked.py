"""What is compared, as the page's address says it: datasets, how they are laid beside each other, and the ways to others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from insight.comparison import DIVISORS, STEP_MIN, Ahead, Dataset, Wanted
from insight.periods import EARLIEST, LONGEST, MOST_POINTS
from insight.prediction import days_ahead
from models import comparison
from models.comparison import ALIGNMENTS, DATE

MOST = 6  # datasets whose lines can be told apart
MOST_MEMBERS = 12  # of a group
MOST_VALUES = 9_000  # of a chart, so that it stays below 60 kB
AVERAGE, TOTAL = EXTRAS = ("average", "total")
BETWEEN, WITHIN, GROUPED, USUAL = ",", "~", ".", "usual"
SITE = "sit_"  # begins the id of another site, which is no part of a group: its days are of its own clock


@dataclass(frozen=True, slots=True)
class Asked:
    """The datasets, the first of which the others are compared with; what of `EXTRAS` is shown; whose days ahead, if any's."""

    site_id: str
    datasets: tuple[Dataset, ...]
    alignment: str
    step: str
    per: str
    extras: tuple[str, ...]
    predicted: int | None
    today: date

    def href(self) -> str:
        """The address of it."""
        said = {
            "of": BETWEEN.join(map(_written, self.datasets)),
            "by": "" if self.alignment == DATE else self.alignment,
            "step": "" if self.step == _sensible(self.datasets, self.alignment) else self.step,
            "per": self.per,
            "show": GROUPED.join(self.extras),
            "predict": "" if self.predicted is None else str(self.predicted + 1),
        }
        query = urlencode({name: each for name, each in said.items() if each}, safe=BETWEEN + WITHIN)
        return f"/site/{self.site_id}/compare" + (f"?{query}" if query else "")

    def having(self, *datasets: Dataset) -> "Asked":
        """The same of other datasets; a prediction goes with the dataset that it was of."""
        of = None if self.predicted is None else self.datasets[self.predicted]
        kept = tuple(dict.fromkeys(datasets))[:MOST]
        step = self.step if self.step != _sensible(self.datasets, self.alignment) else _sensible(kept, self.alignment)
        return replace(
            self,
            datasets=kept,
            step=step if step in steps(kept, self.alignment) else _sensible(kept, self.alignment),
            predicted=kept.index(of) if of in kept else None,
        )

    def adding(self, dataset: Dataset) -> "Asked":
        """The same with one more."""
        return self.having(*self.datasets, dataset)

    def without(self, at: int) -> "Asked":
        """The same without one."""
        return self.having(*self.datasets[:at], *self.datasets[at + 1 :])

    def led_by(self, at: int) -> "Asked":
        """The same with another as the first."""
        return self.having(self.datasets[at], *self.datasets[:at], *self.datasets[at + 1 :])

    def showing(self, extra: str) -> "Asked":
        """The same with one of `EXTRAS` shown, or hidden where it was shown."""
        kept = tuple(each for each in EXTRAS if (each in self.extras) != (each == extra))
        return replace(self, extras=kept)

    def predicting(self, at: int) -> "Asked":
        """The same with the days after a dataset, or without where they were asked for."""
        return replace(self, predicted=None if self.predicted == at else at, step="day")

    def wanted(self) -> Wanted:
        """What `insight.comparison` is asked for."""
        ahead = None
        if self.predicted is not None:
            ahead = Ahead(self.predicted, *days_ahead(self.datasets[self.predicted].last, self.today))
        return Wanted(self.datasets, self.alignment, self.step, self.per, ahead)


def of_address(site_id: str, query: dict[str, object], today: date) -> Asked:
    """What an address means, whatever stands in it; without datasets, this month beside the one before.

    A form adds to what is there: `add` (a subject), `first` and `last`, or `to` (the number of a dataset), whose days it takes.
    """
    said = {name: each if isinstance(each, str) else "" for name, each in query.items()}
    datasets = [each for text in said.get("of", "").split(BETWEEN) if (each := _read(text, today)) is not None]
    if "of" not in said and "add" not in said:
        month = (today - timedelta(days=1)).replace(day=1)
        this = Dataset((), month, comparison.month_end(month))
        datasets = [this, Dataset((), *comparison.before(this.first, this.last))]
    datasets = _added(datasets, said, today)
    kept = tuple(dict.fromkeys(datasets))[:MOST]
    alignment = said.get("by", "") if said.get("by") in ALIGNMENTS else DATE
    step = said.get("step", "") if said.get("step") in steps(kept, alignment) else _sensible(kept, alignment)
    number = said.get("predict", "")
    predicted = int(number) - 1 if number.isdecimal() and len(number) < 3 and 0 < int(number) <= len(kept) else None
    if predicted is not None and (kept[predicted].usual or not can_go_on(kept[predicted])):
        predicted = None
    return Asked(
        site_id,
        kept,
        alignment if step != "month" else DATE,
        "day" if predicted is not None or (said.get("per") == "degree_days" and step in ("quarter", "hour")) else step,
        said.get("per", "") if said.get("per") in DIVISORS else "",
        tuple(each for each in EXTRAS if each in said.get("show", "").split(GROUPED)),
        predicted,
        today,
    )


def steps(datasets: Sequence[Dataset], alignment: str = DATE) -> list[str]:
    """The steps that these can be drawn in."""
    longest = max((_days(each) for each in datasets), default=1)
    monthly = all(comparison.of_months(each.first, each.last) for each in datasets)
    fitting = []
    for step, minutes in STEP_MIN.items():
        points = longest // 28 if step == "month" else longest * 1440 // minutes
        most = min(MOST_POINTS, MOST_VALUES // max(len(datasets), 1))
        if points <= most and (points > 1 or step == "day") and (step != "month" or (monthly and alignment == DATE)):
            fitting.append(step)
    return fitting


def can_go_on(dataset: Dataset) -> bool:
    """Whether days are few enough for the ones ahead to be drawn beside them."""
    return _days(dataset) <= MOST_POINTS // 2


def dataset(ids: tuple[str, ...], first: date, last: date) -> Dataset:
    """Days in order, no more than can be compared."""
    first, last = sorted((max(first, EARLIEST), max(last, EARLIEST)))
    return Dataset(ids[:MOST_MEMBERS], first, min(last, first + LONGEST - timedelta(days=1)))


def _sensible(datasets: Sequence[Dataset], alignment: str) -> str:
    """The step that shows the shape of the longest."""
    longest = max((_days(each) for each in datasets), default=1)
    wanted = "quarter" if longest <= 2 else "hour" if longest <= 10 else "day" if longest <= 400 else "month"
    fitting = steps(datasets, alignment)
    return wanted if wanted in fitting else fitting[-1] if fitting else "day"


def _added(datasets: list[Dataset], said: dict[str, str], today: date) -> list[Dataset]:
    if "add" not in said:
        return datasets
    ids = (said["add"],) if said["add"] else ()
    number = said.get("to", "")
    at = int(number) - 1 if number.isdecimal() and len(number) < 3 else -1
    if 0 <= at < len(datasets) and not any(each.startswith(SITE) for each in (*datasets[at].ids, *ids)):
        together = tuple(dict.fromkeys((*(datasets[at].ids or ("",)), *(ids or ("",)))))[:MOST_MEMBERS]
        return [*datasets[:at], replace(datasets[at], ids=together), *datasets[at + 1 :]]
    first, last = (_day(said.get(name, "")) or today for name in ("first", "last"))
    return [*datasets, dataset(ids, first, last)]


def _written(each: Dataset) -> str:
    """`nod_a.nod_b~2026-03` or `~2026-03-01~2026-03-07~usual`; without ids the site itself."""
    whole = (
        comparison.of_months(each.first, each.last) and each.first.month == each.last.month and each.first.year == each.last.year
    )
    days = [f"{each.first:%Y-%m}"] if whole else [str(each.first), str(each.last)]
    return WITHIN.join([GROUPED.join(each.ids), *days, *([USUAL] if each.usual else [])])


def _read(text: str, today: date) -> Dataset | None:
    ids, *days = text.split(WITHIN)
    usual = days[-1:] == [USUAL]
    days = days[: len(days) - usual]
    if len(days) == 1:
        month = _day(f"{days[0]}-01")
        first, last = (month, comparison.month_end(month)) if month else (None, None)
    else:
        first, last = (_day(each) for each in days) if len(days) == 2 else (None, None)
    if first is None or last is None or min(first, last) > today:
        return None
    named = tuple(dict.fromkeys(ids.split(GROUPED))) if ids else ()
    return replace(dataset(named, first, last), usual=usual)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if EARLIEST.year <= found.year < 2200 else None


def _days(each: Dataset) -> int:
    return (each.last - each.first).days + 1
