"""A live page of a large site: thousands of meters on hundreds of boards, each a device that posts what its meters measure."""

import http.client
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from bench import pages, plant
from bench.figures import Figure, percentile
from bench.posts import HOST
from bench.product import Browser, Product
from bench.run import Run
from bench.ticks import Viewer
from cli.machine import chromium
from cli.screens import CHROMIUM_ARGS

METERS_A_DEVICE = 8  # of a board: what it takes from above, and its uses
EVERY_S = 10
POSTS = 10  # in that time, of a tenth of the meters each
HISTORY = timedelta(hours=24)
QUARTER_S = 900
EMAIL, PASSWORD = "operator@example.org", "seventeen calm otters"
KNOWN_S = 300.0


@dataclass(frozen=True, slots=True)
class LargeSite:
    """The site, its meters, and a key of the site."""

    site: str
    meters: list[str]
    key: str


def large(run: Run) -> list[Figure]:
    """The overview in a cold browser and the ticks of one viewer, while every meter tells its power every ten seconds."""
    with run.fresh() as product:
        run.say(f"making a site of {run.sizes.site_meters:,} meters")
        large_site = _site(run.sizes.site_meters)
        _history(run, product, large_site)
        product.accounts = {EMAIL: PASSWORD}
        with _posting(product, large_site):
            drawn = _drawn(run, product, large_site.site)
            viewer = Viewer(product)
            run.say(f"a viewer for {run.sizes.tick_s:.0f} s")
            viewer.watch(run.sizes.tick_s, 0.0)
    if not viewer.taken:
        raise RuntimeError(f"no tick was answered: {viewer.last_wrong}")
    return [
        *drawn,
        Figure("large site: a tick's callback, p95", percentile(viewer.taken, 0.95), "ms", at_most=250),
        Figure("large site: a tick, gzipped (largest)", max(viewer.sizes) / 1000, "kB"),
    ]


def _site(count: int) -> LargeSite:
    from store.records.people import users
    from store.records.plant import declarations, devices, graph, keys, meters, sites
    from store.records.transaction import engine
    from store.scope import SYSTEM

    site = plant.site("Large")
    began = datetime.now(UTC) - timedelta(days=30)
    found: list[str] = []
    with engine.session():  # one transaction for all of them

        def node(name: str, kind: str, technology: str) -> str:
            return graph.create_node(SYSTEM, site, name=name, kind=kind, technology=technology, valid_from=began).id

        def measured(name: str, source: str, target: str, device: str | None, two_way: bool = False) -> None:
            edge = graph.create_edge(SYSTEM, site, from_node_id=source, to_node_id=target, two_way=two_way, valid_from=began)
            meter = meters.create_meter(SYSTEM, site, name=name, edge_id=edge.id, device_id=device)
            declarations.declare_energy(SYSTEM, meter.id, method="power", interval_s=EVERY_S, valid_from=began)
            found.append(meter.id)

        main = node("Main board", "bus", "bus")
        measured("Grid", node("Grid", "source", "grid"), main, None, two_way=True)
        while len(found) < count:
            number = len(found)
            device = devices.create_device(SYSTEM, site, name=f"Board {number}", reporting_interval_s=EVERY_S).id
            board = node(f"Board {number}", "bus", "bus")
            measured(f"Board {number}", main, board, device)
            for use in range(min(METERS_A_DEVICE - 1, count - len(found))):
                name = f"Use {number} {use}"
                measured(name, board, node(name, "sink", "load"), device)
    owner = sites.site(SYSTEM, site).organisation_id
    users.create_user(SYSTEM, email=EMAIL, name="Operator", password=PASSWORD, organisation_id=owner, role="admin")
    return LargeSite(site, found, keys.create_key(SYSTEM, site_id=site))


def _history(run: Run, product: Product, large_site: LargeSite) -> None:
    """A day of quarters, as the rollup keeps them."""
    from store.scope import SYSTEM
    from store.series import bulk, rollup

    now_s = int(time.time()) // QUARTER_S * QUARTER_S
    starts = np.arange(now_s - int(HISTORY.total_seconds()), now_s, QUARTER_S, dtype=np.int64) * 1_000_000
    ids = np.array(large_site.meters, dtype=object)
    run.say(f"writing {len(ids) * len(starts):,} quarters")
    with bulk.writer(product.settings()) as sender:
        for ts in np.array_split(starts, 8):
            at, whose = np.repeat(ts, len(ids)), np.tile(ids, len(ts))
            quantity = np.full(len(at), "derived_energy_kwh", dtype=object)
            frame = bulk.intervals(at, whose, quantity, np.full(len(at), 0.4), rollup.SOURCE, interval_s=QUARTER_S)
            bulk.write(SYSTEM, sender, "intervals", frame)
    rollup.await_applied(["intervals"], run.sizes.fill_s)


@contextmanager
def _posting(product: Product, large_site: LargeSite) -> Iterator[None]:
    """Every meter's power every ten seconds while the block runs; it begins when all have been heard."""
    ended = threading.Event()
    statuses: deque[int] = deque(maxlen=POSTS)

    def go() -> None:
        connection = http.client.HTTPConnection(HOST, product.device_port, timeout=30)
        due = time.monotonic()
        for part in itertools.cycle(large_site.meters[at::POSTS] for at in range(POSTS)):
            if ended.wait(max(0.0, due - time.monotonic())):
                break
            due += EVERY_S / POSTS
            statuses.append(_post(connection, part, large_site.key))
        connection.close()

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + KNOWN_S
        while list(statuses) != [200] * POSTS:
            if time.monotonic() > until:
                raise RuntimeError(f"the device API answers {list(statuses)} to the readings of the large site")
            time.sleep(0.2)
        yield
    finally:
        ended.set()
        thread.join(35)


def _post(connection: http.client.HTTPConnection, meters: list[str], key: str) -> int:
    """The status of a post of the power of these meters now."""
    stamp = datetime.now(UTC).isoformat()
    rows = [{"meter": each, "quantity": "power_kw", "ts": stamp, "value": 1.5} for each in meters]
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/readings", json.dumps({"readings": rows}), headers)
    response = connection.getresponse()
    response.read()
    return response.status


def _drawn(run: Run, product: Product, site: str) -> list[Figure]:
    """The first overview since the start, and then its first chart in a cold browser."""
    person = Browser(product.dashboard_port)
    began = time.monotonic()
    person.sign_in(EMAIL, PASSWORD)
    first = Figure("large site: from signing in to the first overview", time.monotonic() - began, "s")
    path = chromium()
    if path is None:
        run.say("no Chromium here: the large site's overview is not measured")
        return [first]
    from playwright.sync_api import sync_playwright

    address = f"http://127.0.0.1:{product.dashboard_port}/site/{site}/overview"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        loads = [pages.load(browser, address, person.cookies) for _ in range(run.sizes.page_loads)]
        browser.close()
    person.close()
    shown = percentile([each["drawn"] for each in loads], 0.5) / 1000
    return [first, Figure("large site: overview, cold browser: first chart", shown, "s", at_most=1.5)]
