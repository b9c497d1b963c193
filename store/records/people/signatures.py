"""Whose hand it was: the names of those who corrected readings of a site, for those who work on it."""

from collections.abc import Collection

from sqlalchemy import select

from store.records.access.policy import Action, require
from store.records.schema import User
from store.records.transaction.engine import reading
from store.records.transaction.lookup import in_parts
from store.scope import Scope


def signatures(scope: Scope, site_id: str, user_ids: Collection[str]) -> dict[str, str]:
    """The names of these people, by id; those who are gone are absent.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of it.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    if not user_ids:
        return {}
    with reading() as records:
        found = (
            row for part in in_parts(user_ids) for row in records.execute(select(User.id, User.name).where(User.id.in_(part)))
        )
        return dict(found)
