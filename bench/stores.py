"""Other stores that take line protocol, where they are installed: InfluxDB 1.6 and VictoriaMetrics, and QuestDB's own client."""

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.ports import free_ports
from cli.waiting import answers, await_ready
from config.settings import Settings

HOST = "127.0.0.1"
START_S = 180.0


@contextmanager
def influxdb() -> Iterator[int | None]:
    """The port of an InfluxDB of one's own with a database `bench`; None where there is none."""
    program = shutil.which("influxd")
    if program is None:
        yield None
        return
    with _folder() as folder:
        with free_ports(2) as (port, other):
            pass
        settings = {
            "META_DIR": f"{folder}/meta",
            "DATA_DIR": f"{folder}/data",
            "DATA_WAL_DIR": f"{folder}/wal",
            "HTTP_BIND_ADDRESS": f"{HOST}:{port}",
            "BIND_ADDRESS": f"{HOST}:{other}",
            "HTTP_LOG_ENABLED": "false",
            "REPORTING_DISABLED": "true",
            "MONITOR_STORE_ENABLED": "false",
        }
        named = {f"INFLUXDB_{name}": value for name, value in settings.items()}
        with _running([program], named, folder, port, "/query?q=SHOW+DATABASES"):
            with urllib.request.urlopen(f"http://{HOST}:{port}/query?q=CREATE+DATABASE+bench", data=b"", timeout=START_S):
                pass
            yield port


@contextmanager
def victoria_metrics() -> Iterator[int | None]:
    """The port of a VictoriaMetrics of one's own; None where there is none."""
    program = shutil.which("victoria-metrics")
    if program is None:
        yield None
        return
    with _folder() as folder:
        with free_ports(1) as (port,):
            pass
        command = [program, f"-storageDataPath={folder}/data", f"-httpListenAddr={HOST}:{port}", "-loggerLevel=ERROR"]
        with _running(command, {}, folder, port, "/health"):
            yield port


def client_rate(settings: Settings, heads: int, lines: int, seconds: float) -> float:
    """Values a second that the `questdb` client writes from one thread, row by row, so many lines a flush."""
    from questdb.ingress import Sender, TimestampNanos

    lasted = 0.0
    password = settings.questdb_password.get_secret_value() if settings.questdb_password else ""
    address = f"http::addr={settings.questdb_host}:{settings.questdb_http_port};username={settings.questdb_user};"
    written, began = 0, time.monotonic()
    with Sender.from_conf(f"{address}password={password};auto_flush=off;") as sender:
        while (lasted := time.monotonic() - began) < seconds:
            now = time.time_ns()
            for number in range(lines):
                at = now + number // heads * 1_000_000
                sender.row(
                    "telemetry",
                    symbols={"meter": f"client_{number % heads}", "quantity": "power_kw", "source": "client"},
                    columns={"value": 12.5},
                    at=TimestampNanos(at),
                )
            sender.flush()
            written += lines
    return written / lasted


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="loadstar-bench-") as folder:
        yield Path(folder)


@contextmanager
def _running(command: list[str], settings: dict[str, str], folder: Path, port: int, path: str) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=os.environ | settings, cwd=folder, stdout=output, stderr=output)  # noqa: S603 - as found
    try:
        await_ready(command[0], lambda: answers(HOST, port, path), START_S, log)
        yield
    finally:
        process.terminate()
        process.wait(START_S)
