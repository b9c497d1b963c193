"""A site of the bench's own, with nothing on it yet."""

import time


def site(name: str, time_zone: str = "UTC", kind: str = "plant") -> str:
    """The id of a new site with a distributor of its own; both are called by the name and the second."""
    from store.records.people import organisations
    from store.records.plant import sites
    from store.scope import SYSTEM

    called = f"{name} {time.time():.0f}"
    owner = organisations.create_organisation(SYSTEM, name=called, kind="distributor")
    return sites.create_site(
        SYSTEM,
        name=called,
        kind=kind,
        organisation_id=owner.id,
        time_zone=time_zone,
        currency="EUR",
        latitude=0,
        longitude=0,
    ).id
