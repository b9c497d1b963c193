"""Of the big posts of one key a few are in hand at once and one is judged, so that the others' posts come in between."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from weakref import WeakValueDictionary

BIG_BYTES = 65_536
IN_HAND = 4  # as many posts or parts of 10,000 readings fit into a key's share of the queue


class Turns:
    """Whose big posts are being taken in this process; small ones need no turn."""

    def __init__(self) -> None:
        self._in_hand: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._judged: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def in_hand(self, key_id: str, size: int) -> AbstractAsyncContextManager[object]:
        """Hold one of a key's places while a body of `size` bytes is judged and stored."""
        return nullcontext() if size <= BIG_BYTES else self._in_hand.setdefault(key_id, asyncio.Semaphore(IN_HAND))

    def judging(self, key_id: str, size: int) -> AbstractAsyncContextManager[object]:
        """Hold the turn of a key while a body of `size` bytes is judged."""
        return nullcontext() if size <= BIG_BYTES else self._judged.setdefault(key_id, asyncio.Lock())
