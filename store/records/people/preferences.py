"""What people want to hear of, and by which channel."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.records.access.policy import holder
from store.records.schema import NotificationPreference
from store.records.transaction.engine import reading, session
from store.records.transaction.upsert import insert_into
from store.scope import Scope

CHANNELS = ("browser", "mail")
# Whether somebody who has said nothing hears of it: (browser, mail).
KINDS: Mapping[str, tuple[bool, bool]] = {
    "alert": (True, True),
    "event": (True, True),
    "report": (True, True),
    "approval": (True, True),
    "security": (True, True),
}
ALWAYS = ("security", "mail")  # whoever takes over an account must not be able to keep its owner from hearing of it


def notifications(scope: Scope) -> dict[tuple[str, str], bool]:
    """Whether the holder wants each kind by each channel; raises `NotFound` for nobody."""
    found = {(kind, channel): wanted for kind, both in KINDS.items() for channel, wanted in zip(CHANNELS, both, strict=True)}
    kept = select(NotificationPreference).where(NotificationPreference.user_id == holder(scope))
    with reading() as records:
        found.update({(each.kind, each.channel): each.wanted for each in records.scalars(kept)})
    return found | {ALWAYS: True}


def choose_notification(scope: Scope, kind: str, channel: str, wanted: bool) -> None:
    """Keep whether the holder wants a kind by a channel; mail about their account's security comes always.

    Raises:
        NotFound: nobody is signed in.
        Refused: an unknown kind or channel.
    """
    row = {"user_id": holder(scope), "kind": kind, "channel": channel, "wanted": wanted}
    with session() as records:
        statement = insert_into(records, NotificationPreference).values(row)
        records.execute(
            statement.on_conflict_do_update(
                index_elements=["user_id", "kind", "channel"], set_={"wanted": statement.excluded.wanted}
            )
        )


def is_wanted(records: Session, user_id: str, kind: str, channel: str) -> bool:
    """Whether a person wants to hear of a kind by a channel, for whoever tells them."""
    if (kind, channel) == ALWAYS:
        return True
    kept = records.get(NotificationPreference, (user_id, kind, channel))
    return kept.wanted if kept is not None else KINDS[kind][CHANNELS.index(channel)]
