"""One question over HTTP to an address that is allowed, within a time and a size, and nowhere else.

The name is resolved once, each address that it stands for is judged, and the one that was judged is connected to, with the name
as `Host` and for TLS: nobody answers another address in between. No redirect is followed, no proxy of the environment asked, no
cookie kept. What is asked is never logged, for keys stand in it.
"""

import asyncio
import logging
import socket
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import psutil

from config import allowed, clock
from config.allowed import PORTS, Allowed
from config.language import N_, Told
from config.settings import Settings

# It logs every address whole, at INFO.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

WITHIN_S = 30.0  # from resolving the name to the last byte
MOST_BYTES = 10 * 2**20
LONGEST_WAIT_S = 86_400.0  # that a service may ask for
LONGEST_MARK = 200
AGENT = "Loadstar"
NOT_LISTED = N_("the address is not on the list of those that may be asked (setting pull_addresses)")


class Request(NamedTuple):
    """What is sent: an address, whole, and headers beside the usual ones."""

    address: str
    headers: Mapping[str, str] = {}


class Marks(NamedTuple):
    """What an answer bears by which the next one can say that nothing has changed; empty where it bears none."""

    etag: str = ""
    modified: str = ""


UNMARKED = Marks()


class Answer(NamedTuple):
    """The body, or none when it is what it was."""

    body: bytes | None
    marks: Marks = UNMARKED


class Failed(Exception):
    """No answer that could be read: `why` in words, and how long the other side asks to be left alone (s)."""

    def __init__(self, why: Told, wait_s: float = 0.0) -> None:
        self.why, self.wait_s = why, wait_s
        super().__init__(str(why))


def allowed_by(made: Settings) -> Allowed:
    """What the settings allow to be asked from this machine."""
    ours = {each.address.partition("%")[0] for addresses in psutil.net_if_addrs().values() for each in addresses}
    ports = {made.dashboard_port, made.device_port, made.questdb_http_port, made.questdb_pg_port, made.questdb_health_port}
    ports |= {port for url in (made.redis_url, made.database_url) if url and (port := urlsplit(url).port)}
    listed = allowed.origins(made.pull_addresses)
    return Allowed(listed, allowed.networks(made.pull_networks), frozenset(ours), frozenset(ports))


def get(
    request: Request, may: Allowed, known: Marks = UNMARKED, *, within_s: float = WITHIN_S, most_bytes: int = MOST_BYTES
) -> Answer:
    """The answer; `known` is what the last one to the same question bore.

    Raises:
        Failed: the address is not allowed, or there was no answer, not in time, too large a one, or one that says no.
    """
    if not may.lists(request.address):
        raise Failed(Told(NOT_LISTED))
    try:
        return asyncio.run(asyncio.wait_for(_get(request, may, known, most_bytes), within_s))
    except TimeoutError:
        raise Failed(Told(N_("no whole answer within %(seconds)s s"), {"seconds": f"{within_s:g}"})) from None
    except httpx.InvalidURL:
        raise Failed(Told(N_("the address cannot be read: look for characters that do not belong there"))) from None
    except httpx.TransportError as error:
        kind = type(error).__name__
        raise Failed(Told(N_("the connection failed or was cut: %(why)s"), {"why": f"{kind} {error}"[:200]})) from None


async def _get(request: Request, may: Allowed, known: Marks, most_bytes: int) -> Answer:
    url = httpx.URL(request.address)
    if not may.lists(f"{url.scheme}://{url.netloc.decode('ascii')}"):  # should two libraries read one text in two ways
        raise Failed(Told(NOT_LISTED))
    host, port = url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]
    connected = url.copy_with(host=await _resolved(host, port, may))
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity", **request.headers, "Host": url.netloc.decode("ascii")}
    headers |= {name: mark for name, mark in zip(("If-None-Match", "If-Modified-Since"), known, strict=True) if mark}
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=WITHIN_S) as client,
        client.stream("GET", connected, headers=headers, extensions={"sni_hostname": host}) as answer,
    ):
        if answer.status_code == 304 and any(known):
            return Answer(None, known)
        _require_good(answer)
        body = bytearray()
        async for part in answer.aiter_raw():
            body += part
            if len(body) > most_bytes:
                raise Failed(Told(N_("the answer is larger than %(most)s MB"), {"most": most_bytes >> 20}))
    return Answer(bytes(body), Marks(*(_mark(answer, name) for name in ("etag", "last-modified"))))


def _mark(answer: httpx.Response, name: str) -> str:
    said = str(answer.headers.get(name, ""))
    return said if len(said) <= LONGEST_MARK and said.isascii() and said.isprintable() else ""


async def _resolved(host: str, port: int, may: Allowed) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Failed(Told(N_("no machine of the name %(host)s is known"), {"host": host[:100]})) from None
    addresses = [str(each[4][0]) for each in found]
    if not may.admits(addresses, port):
        words = N_("%(host)s is in a network that may not be asked (setting pull_networks), or is this Loadstar itself")
        raise Failed(Told(words, {"host": host[:100]}))
    return addresses[0]


def _require_good(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_redirect or 300 <= status < 400:
        raise Failed(Told(N_("it sends us to another address, where nothing is asked: give that one, if it is right")))
    if status in (401, 403):
        raise Failed(Told(N_("the key is missing, wrong or not for this (%(status)s)"), {"status": status}))
    if status == 404:
        raise Failed(Told(N_("there is nothing at this address (404): look whether area and address are right")))
    if status == 429:
        raise Failed(Told(N_("we ask more than we may (429)")), _wait_s(answer))
    if status >= 400:
        raise Failed(Told(N_("the other side answers with the error %(status)s"), {"status": status}), _wait_s(answer))
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise Failed(Told(N_("the answer is compressed, which was not asked for")))


def _wait_s(answer: httpx.Response) -> float:
    said = answer.headers.get("retry-after", "")
    try:
        wait_s = float(said) if said.isdigit() else (parsedate_to_datetime(said).astimezone(UTC) - clock.now()).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(wait_s, 0.0), LONGEST_WAIT_S)
