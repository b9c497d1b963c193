"""A request as the server hands it over (RSGI), in the few words that the roads need."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

from ingest.directory import Caller
from ingest.told import Told


class Headers(Protocol):
    """Header fields by lower-case name."""

    def get(self, key: str, default: Any = None) -> Any:
        """The first value of a field."""


class Request:
    """Method, path, query and headers of a request, and its body when asked for.

    `caller` (whose key came with it), `content` (what was received, after decompression) and `told` are known once the road has
    got so far: the logbook tells of them.
    """

    __slots__ = ("_protocol", "caller", "content", "headers", "method", "path", "query", "told")

    def __init__(self, scope: Any, protocol: Any):
        self.method: str = scope.method
        self.path: str = scope.path
        self.query: str = scope.query_string
        self.headers: Headers = scope.headers
        self._protocol = protocol
        self.caller: Caller | None = None
        self.content = b""
        self.told: Told | None = None

    async def body(self) -> bytes:
        """The whole body; its length has been checked before."""
        body: bytes = await self._protocol()
        return body

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        async for chunk in self._protocol:
            yield chunk
