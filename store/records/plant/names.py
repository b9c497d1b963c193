"""Names within a site or a distributor: two that people take for the same are not given to two things."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from config.language import _
from store.errors import Refused
from store.records.schema import Device, Node, Organisation, Site, texts
from store.records.transaction import failures

TAKEN = {
    "Node": failures.RULES["rule_one_node_of_a_name"],
    "Device": failures.RULES["uq_devices_site_id_name"],
    "Site": failures.RULES["rule_one_site_of_a_name"],
}


def require_free(records: Session, thing: Node | Device | Site) -> None:
    """Refuse a name that another node or device in use of the site, or site of the distributor, has at the same time.

    In whatever spelling. A device that is retired and a site that is archived hold no name.

    Called before the thing is flushed. Another that does the same at this moment waits for this transaction.

    Raises:
        Refused: there is one.
    """
    kind = type(thing)
    others = select(kind.id, kind.name)
    with records.no_autoflush:
        if isinstance(thing, Site):
            records.scalar(select(Organisation.id).where(Organisation.id == thing.organisation_id).with_for_update())
            others = others.where(Site.organisation_id == thing.organisation_id, Site.archived_at.is_(None))
        else:
            records.scalar(select(Site.id).where(Site.id == thing.site_id).with_for_update())
            others = others.where(type(thing).site_id == thing.site_id)
        if isinstance(thing, Device):
            others = others.where(Device.retired_at.is_(None))
        if isinstance(thing, Node):
            others = others.where(or_(Node.valid_to.is_(None), Node.valid_to > thing.valid_from))
            if thing.valid_to is not None:
                others = others.where(and_(Node.valid_from < thing.valid_to))
        for other_id, name in records.execute(others):
            if other_id != thing.id and texts.key(name) == texts.key(thing.name):
                raise Refused(_(TAKEN[kind.__name__]), "name")
