"""Asking our own device API: without TLS, past every proxy."""

import ssl
from functools import lru_cache

import httpx


@lru_cache(maxsize=1)
def asking() -> httpx.Client:
    """What asks it, of all threads of this process; it is made at the first use, after the fork.

    Made for each question it would read all certificate authorities each time: a fifth of a second of a processor, and memory
    that OpenSSL takes from each thread's own heap, which grows for hours. Here there are none to trust.
    """
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(verify=nobody, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
