"""By what the days of a meter are flagged: rule by rule what holds, what is usual, and the way to say otherwise of this meter."""

from collections.abc import Mapping

from config.language import N_, _
from dashboard.parts.fields import Text, filled
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import plain
from dashboard.quality.flags_table import RULES, SHORT
from dashboard.web.access import operates_meter
from models import quality
from store.errors import NotFound
from store.records.plant import flag_thresholds
from store.records.plant.flag_thresholds import Rule
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

ABOUT = N_("What is changed here holds for this meter's past days too: their flags are renewed within a quarter of an hour.")
COLUMNS = (
    Column("rule", N_("Rule"), sortable=False),
    Column("about", N_("What it flags"), sortable=False),
    Column("by", N_("Threshold"), sortable=False),
    Column("usual", N_("Default"), sortable=False),
)
BY = {
    quality.SPIKE: N_("%(threshold)s times"),
    quality.STUCK: N_("%(threshold)s h"),
    quality.ZERO: N_("%(threshold)s h"),
    quality.DIP: N_("%(threshold)s %% of them"),
    quality.SUM: N_("%(threshold)s %%"),
    quality.LENGTHS: N_("%(threshold)s %%"),
    quality.HIGH: N_("%(threshold)s times"),
    quality.LOW: N_("%(threshold)s times"),
    quality.UNIT: N_("%(threshold)s times, or as small a part"),
    quality.UNIT_RATED: N_("never a %(threshold)sth of it"),
    quality.UNIT_BALANCED: N_("%(threshold)s %% left over then"),
    quality.REVERSE: N_("%(threshold)s %% of what it can do"),
    quality.CLOCK: N_("%(threshold)s s"),
    quality.GAP: N_("%(threshold)s h"),
}
THRESHOLD = Text("threshold", N_("Threshold"), longest=20, required=True, keys="decimal")
OFF = Act(
    "off",
    N_("Switch off"),
    asks=lambda: Question(_("No day of this meter is flagged by this rule any more, past days included.")),
)
RESET = Act("reset", N_("Reset"), asks=lambda: Question(_("The default holds for this meter again, also for its past days.")))


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], meter_id: str) -> Page[Rule]:
    found = flag_thresholds.rules(scope, meter_id)
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(_scope: Scope, rule: Rule) -> Row:
    edit = Act("edit", _("Change"), asks=lambda: _edit(rule), sure=_("Save"))
    acts = (edit, *((OFF,) if rule.threshold is not None else ()), *((RESET,) if rule.own else ()))
    cells = (_(RULES[rule.rule]), _by(rule.rule, rule.threshold), _by(rule.rule, quality.THRESHOLDS[rule.rule]))
    return Row(rule.rule, _(SHORT[rule.rule]), cells, acts, tag=_("this meter's own") if rule.own else "")


def _by(rule: str, threshold: float | None) -> str:
    return _("off") if threshold is None else _(BY[rule], threshold=reader().number(f"{threshold:g}"))


def _edit(rule: Rule) -> Question:
    usual = quality.THRESHOLDS[rule.rule]
    least, most = (_by(rule.rule, each) for each in quality.BOUNDS[rule.rule])
    about = _(
        "%(rule)s. Default: %(usual)s. From %(least)s to %(most)s.",
        rule=_(RULES[rule.rule]),
        usual=_by(rule.rule, usual),
        least=least,
        most=most,
    )
    return Question(about, filled((THRESHOLD,), {"threshold": plain(rule.threshold or usual)}))


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "off":
        flag_thresholds.set_rule(scope, asked.context, asked.key, off=True)
        return _("Switched off.")
    if asked.act == "reset":
        flag_thresholds.set_rule(scope, asked.context, asked.key)
        return _("Back to the default.")
    if asked.act != "edit" or asked.key not in quality.THRESHOLDS:
        raise NotFound("no such rule")
    given = asked.read((THRESHOLD,))
    threshold = given.number("threshold")
    given.check()
    flag_thresholds.set_rule(scope, asked.context, asked.key, threshold)
    return _("Saved. Its days are being judged anew.")


TABLE = Table("rules", N_("Rules for flags"), operates_meter("context"), COLUMNS, load=_load, row=_row, do=_do)
