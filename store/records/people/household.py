"""A household's record: voluntary, with consent, and gone when the consent is withdrawn."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete

from config.language import N_, _
from store.errors import Refused
from store.records.access.policy import holder
from store.records.schema import Household
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.scope import Scope

APPLIANCES = (
    "electric_cooker",
    "dishwasher",
    "washing_machine",
    "tumble_dryer",
    "freezer",
    "air_conditioning",
    "electric_car",
    "pv",
)
MOST_OF_ONE = 20
AREA_M2 = (5, 100_000)
PEOPLE = (1, 1000)
FIRST_YEAR = 1000


def household(scope: Scope) -> Household | None:
    """What the holder told of their home; none when nothing. Raises `NotFound` for nobody."""
    with reading() as records:
        return records.get(Household, holder(scope))


def keep_household(
    scope: Scope,
    *,
    consent: bool,
    area_m2: float | None = None,
    people: int | None = None,
    building_type: str | None = None,
    built_year: int | None = None,
    heating: str | None = None,
    appliances: Mapping[str, int] | None = None,
    at: datetime | None = None,
) -> Household:
    """Keep what the holder tells of their home, all of it optional, in the place of what they told before.

    Args:
        scope: whose.
        consent: that it may be kept and used to compare like with like.
        area_m2: living area, m².
        people: how many live there.
        building_type: `flat`, `terraced`, `semi_detached`, `detached` or `other`.
        built_year: when it was built.
        heating: `gas`, `oil`, `district`, `heat_pump`, `electric`, `wood` or `other`.
        appliances: how many of each of `APPLIANCES`.
        at: when.

    Raises:
        NotFound: nobody is signed in.
        Refused: without consent, or something cannot be true.
    """
    if not consent:
        raise Refused(_("this is kept only with your consent: give it, or leave the page as it is"), "consent")
    at = at or now()
    counted = {word: count for word, count in (appliances or {}).items() if count}
    for word, count in counted.items():
        if word not in APPLIANCES or not 0 < count <= MOST_OF_ONE:
            raise Refused(
                _(
                    "%(count)s of %(word)s cannot be: choose up to %(most)s of %(appliances)s",
                    count=count,
                    word=f"{word!r}",
                    most=MOST_OF_ONE,
                    appliances=", ".join(APPLIANCES),
                ),
                word,
            )
    for about, what, value, (least, most) in (
        ("area_m2", N_("a living area in m²"), area_m2, AREA_M2),
        ("people", N_("how many people live there"), people, PEOPLE),
        ("built_year", N_("the year a home was built"), built_year, (FIRST_YEAR, at.year)),
    ):
        if value is not None and not least <= value <= most:
            raise Refused(
                _(
                    "%(what)s lies between %(least)s and %(most)s, not at %(value)s: correct it, or leave it out",
                    what=_(what),
                    least=least,
                    most=most,
                    value=f"{value:g}",
                ),
                about,
            )
    with session() as records:
        household = records.get(Household, holder(scope))
        if household is None:
            household = Household(user_id=holder(scope), consent_at=at)
            records.add(household)
        household.area_m2, household.people, household.building_type = area_m2, people, building_type
        household.built_year, household.heating, household.appliances = built_year, heating, counted
        household.updated_at = at
    return household


def withdraw_household(scope: Scope) -> bool:
    """Withdraw the consent: what the holder told is deleted. Whether there was anything; raises `NotFound` for nobody."""
    gone = delete(Household).where(Household.user_id == holder(scope)).returning(Household.user_id)
    with session() as records:
        return records.scalar(gone) is not None
