#!/usr/bin/env python3
"""Says which of address, network, key or format keeps a device from reaching Loadstar. Needs Python 3.9 and nothing else.

    python3 test_hardware_connection.py http://loadstar.example:8086 key_4k7q0x9v2n8e.3q2-7w…
    python3 test_hardware_connection.py http://loadstar.example:8086 key_… reading.json

It posts one object (`reading.json`, `-` for standard input, or one of its own) as a dry run: nothing is stored.
Ends with 0 when everything works, otherwise with 1 (address), 2 (network), 3 (key) or 4 (format).
"""

import http.client
import json
import socket
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

ADDRESS, NETWORK, KEY, FORMAT = 1, 2, 3, 4
TIMEOUT_S = 10
EXAMPLE = b'{"energy_produced": 0, "energy_consumed": 0.25, "current_load": 40}'
USAGE = "usage: test_hardware_connection.py ADDRESS KEY [FILE]"


class Wrong(Exception):
    """What keeps the device from posting: the status to end with, and words for whoever can put it right."""

    def __init__(self, status, words):
        super().__init__(words)
        self.status = status


def connection_to(address):
    """A connection to the device API, opened."""
    parts = urlsplit(address)
    try:
        port = parts.port or 8086
    except ValueError:
        raise Wrong(ADDRESS, f"{address}: the port is no number from 1 to 65535") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong(ADDRESS, f"{address} is no address: write it as http://HOST:8086")
    if parts.path not in ("", "/") or parts.query:
        raise Wrong(ADDRESS, f"write the address without a path, as {parts.scheme}://{parts.netloc}")
    host = parts.hostname
    try:
        socket.getaddrinfo(host, port)
    except (OSError, UnicodeError) as error:
        raise Wrong(ADDRESS, f"no machine is known by the name {host}: {error}") from error
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port, timeout=TIMEOUT_S)
    try:
        connection.connect()
    except ConnectionRefusedError as error:
        raise Wrong(
            NETWORK, f"{host} is there, and nothing listens at port {port}: is Loadstar up, and is it that port?"
        ) from error
    except ssl.SSLError as error:
        raise Wrong(NETWORK, f"{host}:{port} does not speak TLS as it should ({error}); without TLS write http://") from error
    except OSError as error:
        raise Wrong(
            NETWORK, f"{host}:{port} cannot be reached ({error}): look at the network, and at firewalls between"
        ) from error
    return connection


def asked(connection, method, path, body=None, headers=None):
    """Status and JSON of an answer; None for what is no JSON."""
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Wrong(NETWORK, f"the connection broke before an answer came: {error or type(error).__name__}") from error
    try:
        return answer.status, json.loads(content)
    except ValueError:
        return answer.status, None


def check(address, key, body):
    """Go the way of a post, step by step; say what is good, raise `Wrong` at the first that is not."""
    connection = connection_to(address)
    print("network: connected")
    status, health = asked(connection, "GET", "/healthz")
    if not isinstance(health, dict) or "store_heard_s_ago" not in health:
        raise Wrong(ADDRESS, f"something else than Loadstar's device API answers there ({status}); it is at port 8086 by default")
    if status != 200:
        raise Wrong(NETWORK, f"Loadstar is there and takes nothing now: {health.get('reason')}")
    print("address: this is Loadstar's device API, and it takes readings")
    status, device = asked(connection, "GET", "/api/hardware/config", headers={"X-API-Key": key})
    if status != 200:
        raise Wrong(KEY, f"the key is refused ({status}): {said(device)}")
    print(f"key: good, of the device {device['device']} at the site {device['facility_id']}")
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    status, verdict = asked(connection, "POST", "/api/hardware/data?dry_run=1", body, headers)
    if status == 403:
        raise Wrong(KEY, f"the key may not post ({status}): {said(verdict)}")
    if status != 200:
        raise Wrong(FORMAT, f"the post would be refused, whole or in part ({status}):\n{reasons(verdict)}")
    print(f"format: good, {verdict['accepted']} readings would be stored (nothing was: this was a dry run)")


def said(content):
    """The message of an answer."""
    return content.get("message", content) if isinstance(content, dict) else "no reason was given"


def reasons(content):
    """What is wrong, a field a line."""
    rejected = content.get("rejected") if isinstance(content, dict) else None
    if not rejected:
        return f"  {said(content)}"
    return "\n".join(f"  {each.get('field', '')}: {each['message']}" for each in rejected)


def main(arguments):
    """The status to end with."""
    if len(arguments) not in (2, 3):
        print(USAGE, file=sys.stderr)
        return ADDRESS
    address, key, *file = arguments
    body = EXAMPLE
    try:
        if file:
            body = sys.stdin.buffer.read() if file[0] == "-" else Path(file[0]).read_bytes()
        check(address, key, body)
    except Wrong as wrong:
        print(f"{('address', 'network', 'key', 'format')[wrong.status - 1]}: {wrong}")
        return wrong.status
    except OSError as error:
        print(f"format: {file[0]} cannot be read: {error}")
        return FORMAT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
