"""A request in the few words that the roads need, and its body as it comes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from ingest.directory import Caller
from ingest.told import Told

AHEAD = 262_144  # bytes of a body that are taken before anybody asks for it


class Body:
    """What follows a request's head. `flow` has more of it read, or no more; `invite` tells a sender who waits to go on."""

    __slots__ = ("_asked", "_broken", "_flow", "_invite", "_parts", "_size", "_wanted", "is_whole")

    def __init__(self, flow: Callable[[bool], None], invite: Callable[[], None] | None = None):
        self._flow, self._invite = flow, invite
        self._parts: list[bytes] = []
        self._size = 0
        self._asked: asyncio.Future[None] | None = None
        self._broken = False
        self._wanted = True
        self.is_whole = False

    def add(self, part: bytes) -> None:
        """A part has come."""
        if not self._wanted:
            return
        self._parts.append(part)
        self._size += len(part)
        self._wake()
        if self._size > AHEAD and self._asked is None:
            self._flow(False)

    def end(self) -> None:
        """All of it has come."""
        self.is_whole = True
        self._wake()

    def cut_off(self) -> None:
        """Nothing more will come."""
        if not self.is_whole:
            self._broken = True
            self._wake()

    def discard(self) -> None:
        """Nobody wants it any more."""
        self._wanted = False
        self._parts.clear()
        self._flow(True)

    async def chunks(self) -> AsyncIterator[bytes]:
        """What has come, and what comes.

        Raises:
            ConnectionError: the sender went away before all of it had come.
        """
        while True:
            parts, self._parts, self._size = self._parts, [], 0
            for part in parts:
                yield part
            if self._parts:
                continue
            if self.is_whole:
                return
            await self._more()

    def taken(self) -> bytes:
        """All of one that is whole."""
        parts, self._parts = self._parts, []
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _more(self) -> None:
        if self._broken:
            raise ConnectionResetError("the sender went away")
        if self._invite is not None:
            self._invite()
            self._invite = None
        self._asked = asyncio.get_running_loop().create_future()
        self._flow(True)
        try:
            await self._asked
        finally:
            self._asked = None

    def _wake(self) -> None:
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(None)


class Request:
    """Method, path, query and headers (by their names in small letters) of a request, and its body when asked for.

    `caller` (whose key came with it), `content` (what was received, after decompression) and `told` are known once the road has
    got so far: the logbook tells of them.
    """

    __slots__ = ("body", "caller", "content", "headers", "method", "path", "query", "told")

    def __init__(self, method: str, path: str, query: str, headers: Mapping[str, str], body: Body):
        self.method, self.path, self.query, self.headers, self.body = method, path, query, headers, body
        self.caller: Caller | None = None
        self.content = b""
        self.told: Told | None = None
