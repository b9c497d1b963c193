"""What people have begun by a right that they had: invitations that are not answered, requests that nobody has decided.

It is asked again when it is used or decided; whoever loses the right loses what they began with it at once.
"""

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from store.ids import entity_id
from store.records.access.policy import Action, leads, may, scope_of
from store.records.schema import Device, Invitation, Organisation, Request, User
from store.records.signin.credentials import People
from store.scope import Role


def may_still_invite(invitation: Invitation, home: Organisation) -> bool:
    """Whether whoever made the invitation could make it now; Loadstar itself always can."""
    return invitation.invited_by is None or leads(scope_of(invitation.invited_by), home)


def may_still_ask(records: Session, request: Request) -> bool:
    """Whether whoever asked could ask for the same now: a meter for themselves or their organisation, a key of a device."""
    person = records.get(User, request.user_id)
    if person is None or person.approval != "approved":
        return False
    if request.device_id is not None:
        device = records.get(Device, request.device_id)
        return device is not None and may(scope_of(person.id), Action.OPERATE, site_id=device.site_id)
    if person.organisation_id is not None and person.role != Role.ADMIN:
        return False
    return request.entity_id == entity_id(person.organisation_id or person.id)


def end_invitations(records: Session, user_ids: People) -> None:
    """Withdraw the open invitations of people who may not invite any more, within the transaction that takes the right."""
    records.execute(delete(Invitation).where(Invitation.invited_by.in_(user_ids), Invitation.accepted_at.is_(None)))


def end_requests(records: Session, user_ids: People) -> None:
    """Take back what people have asked for and nobody has decided, and approved keys that they have not made yet."""
    waits = or_(Request.decided_at.is_(None), (Request.kind == "key") & Request.used_at.is_(None))
    records.execute(delete(Request).where(Request.user_id.in_(user_ids), waits))
