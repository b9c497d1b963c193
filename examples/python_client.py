#!/usr/bin/env python3
"""Posts what a device measures every five minutes, keeps what is not acknowledged, and sends it again. Needs `requests`.

LOADSTAR_ADDRESS=http://loadstar.example:8086 LOADSTAR_KEY=key_… python3 python_client.py
"""

import collections
import datetime
import os
import random
import time

import requests

EVERY_S = float(os.environ.get("LOADSTAR_EVERY_S", "300"))
LONGEST_WAIT_S = 60
KEPT = 100_000  # readings, oldest dropped first: a year of five minutes


def measure():
    """What the hardware says of the last interval: put your own meter in here."""
    return {"energy_produced": 1.25, "energy_consumed": 0.75, "current_load": 45.2}


def send(session, address, reading):
    """Seconds to wait before the same again; 0 when it need not be sent again."""
    try:
        answer = session.post(f"{address}/api/hardware/data", json=reading, timeout=30)
    except requests.RequestException as error:
        print(f"not acknowledged: {error}")
        return 1
    if answer.status_code in (429, 503, 507):
        return float(answer.headers.get("Retry-After", 1))
    if answer.status_code in (401, 403):
        print(f"the key is refused: {answer.json()['message']}")
        return LONGEST_WAIT_S
    for problem in answer.json().get("rejected", [answer.json()] if answer.status_code >= 400 else []):
        print(f"refused for good: {problem.get('field')}: {problem['message']}")
    return 0


def run(address, key, rounds=None):
    """Measure and post for ever, or so many times."""
    waiting = collections.deque(maxlen=KEPT)
    with requests.Session() as session:
        session.headers["X-API-Key"] = key
        while rounds is None or rounds > 0:
            due = time.monotonic() + EVERY_S
            now = datetime.datetime.now(datetime.timezone.utc)
            waiting.append(measure() | {"timestamp": now.isoformat(timespec="seconds")})
            tries = 0
            while waiting:
                wait_s = send(session, address, waiting[0])
                if not wait_s:
                    waiting.popleft()
                    continue
                wait_s = min(LONGEST_WAIT_S, wait_s * 2**tries) * random.uniform(0.8, 1.2)
                tries += 1
                if time.monotonic() + wait_s > due:
                    break
                time.sleep(wait_s)
            if rounds is not None:
                rounds -= 1
            if rounds != 0:
                time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    run(os.environ["LOADSTAR_ADDRESS"], os.environ["LOADSTAR_KEY"])
