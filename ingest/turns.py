"""Big posts of one key are judged one after the other, so that the others' posts come in between."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from weakref import WeakValueDictionary

BIG_BYTES = 65_536


class Turns:
    """Whose big post is being judged in this process."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, key_id: str, size: int) -> AbstractAsyncContextManager[object]:
        """Hold the turn of a key while a body of `size` bytes is judged; small ones need none."""
        if size <= BIG_BYTES:
            return nullcontext()
        return self._held.setdefault(key_id, asyncio.Lock())
