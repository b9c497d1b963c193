"""The programs that Loadstar is measured against: a bare Flask route, and a stock Dash application with one Sankey.

gunicorn serves them like the dashboard: `gunicorn -k gthread -w 2 --threads 8 "bench.yardsticks:bare_flask()"`.
"""

import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from cli.ports import free_ports
from cli.waiting import answers, await_ready
from config.settings import PROJECT

KEY = "key_bench.0123456789abcdefghjkmnpqrstvwxyz"
START_S = 180.0


def bare_flask() -> Flask:
    """Parses the body and checks the key, and stores nothing: what a device API can hardly do with less."""
    app = Flask("yardstick")
    known = {KEY.partition(".")[0]: hashlib.sha256(KEY.partition(".")[2].encode()).hexdigest()}

    @app.post("/api/hardware/data")
    def data() -> Response | tuple[Response, int]:
        key_id, _, secret = request.headers.get("X-API-Key", "").partition(".")
        if not hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), known.get(key_id, "")):
            return Response('{"error":"unknown_key"}', mimetype="application/json"), 401
        content = request.get_json()
        accepted = sum(isinstance(value, int | float) for value in content.values())
        return Response(json.dumps({"accepted": accepted}), mimetype="application/json")

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


def stock_dash() -> Any:
    """Dash as its first tutorial has it, with one Sankey."""
    import plotly.graph_objects as go
    from dash import Dash, dcc, html

    app = Dash("stock", health_endpoint="healthz", include_assets_files=False)  # else it would serve the assets of Loadstar
    sankey = go.Sankey(
        node={"label": ["Grid", "PV", "Bus", "Buildings", "Battery"]},
        link={"source": [0, 1, 2, 2], "target": [2, 2, 3, 4], "value": [40, 20, 50, 10]},
    )
    app.layout = html.Div([html.H1("Energy"), dcc.Graph(figure=go.Figure(sankey))])
    app.server.test_client().get("/")  # a process serves Dash's scripts only once it has drawn the index itself
    return app.server


@contextmanager
def served(factory: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The yardstick of that name under gunicorn, two processes of eight threads: its port, and the process above them."""
    with free_ports(1) as (port,):
        pass
    log = folder / f"{factory}.log"
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-k", "gthread", "-w", "2", "--threads", "8"]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--keep-alive", "75", "-b", f"127.0.0.1:{port}", f"bench.yardsticks:{factory}()"],
            cwd=PROJECT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        await_ready(factory, lambda: answers("127.0.0.1", port), START_S, log)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
