"""What a process of the device API knows of keys, also when the records are away."""

import asyncio

import pytest

from ingest import directory
from ingest.directory import Directory
from store.errors import StoreAway


def test_a_key_that_is_not_known_is_not_refused_while_the_records_are_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that starts meanwhile knows no keys at all: its devices are to come later, not to give up."""

    def away(_version: object) -> None:
        raise StoreAway("the records cannot be reached")

    async def asked() -> None:
        known = Directory()
        monkeypatch.setattr(directory, "_load", away)
        with pytest.raises(StoreAway):
            await known.caller("key_one")
        monkeypatch.setattr(directory, "_load", lambda _version: None)
        assert await known.caller("key_one") is None

    asyncio.run(asked())
