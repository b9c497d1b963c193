"""The tables of QuestDB: made by code, idempotently; what identifies a row is its dedup key."""

from config.settings import Settings
from store.errors import Refused
from store.series.connection import execute

SYMBOLS = 65_536  # near the number of series: meters and regions; capacity 256 by default

# A row with a duration stands at its start (docs/decisions/001). `meter` holds the id of a meter or a region. `lasts_s`: of a
# sample that tells of an interval, how long that is; 0 of all others.
TABLES = {
    "telemetry": """
        CREATE TABLE IF NOT EXISTS telemetry (
            ts TIMESTAMP, meter SYMBOL CAPACITY {symbols}, quantity SYMBOL CAPACITY 64, value DOUBLE,
            source SYMBOL CAPACITY 4096, received_at TIMESTAMP, estimated BOOLEAN,
            lasts_s SHORT
        ) TIMESTAMP(ts) PARTITION BY DAY WAL DEDUP UPSERT KEYS(ts, meter, quantity)""",
    "intervals": """
        CREATE TABLE IF NOT EXISTS intervals (
            ts TIMESTAMP, meter SYMBOL CAPACITY {symbols}, quantity SYMBOL CAPACITY 64, interval_s INT, value DOUBLE,
            min DOUBLE, max DOUBLE, count INT, source SYMBOL CAPACITY 4096, received_at TIMESTAMP, covered_s DOUBLE,
            known_s DOUBLE, estimated_s DOUBLE
        ) TIMESTAMP(ts) PARTITION BY MONTH WAL DEDUP UPSERT KEYS(ts, meter, quantity, interval_s)""",
    # Append-only: the newest record of a row wins. `interval_s` is 0 for a sample.
    "amendments": """
        CREATE TABLE IF NOT EXISTS amendments (
            ts TIMESTAMP, meter SYMBOL CAPACITY {symbols}, quantity SYMBOL CAPACITY 64, interval_s INT, value DOUBLE,
            void BOOLEAN, reason VARCHAR, by SYMBOL CAPACITY 4096, recorded_at TIMESTAMP
        ) TIMESTAMP(ts) PARTITION BY YEAR WAL""",
    # Samples of a meter come into quarters of an hour that were closed: the rollup has to go back to [ts, ts_end).
    "late": """
        CREATE TABLE IF NOT EXISTS late (
            received_at TIMESTAMP, meter SYMBOL CAPACITY {symbols}, ts TIMESTAMP, ts_end TIMESTAMP
        ) TIMESTAMP(received_at) PARTITION BY DAY WAL""",
    # How far the rollup has come (`store.series.checkpoint`).
    "rollups": """
        CREATE TABLE IF NOT EXISTS rollups (done_at TIMESTAMP, rolled_to TIMESTAMP, late_to TIMESTAMP)
        TIMESTAMP(done_at) PARTITION BY DAY WAL""",
    # How far this Loadstar has lived, by which what is old is dropped (`store.series.retention`).
    "retention": """
        CREATE TABLE IF NOT EXISTS retention (lived_to TIMESTAMP, boot SYMBOL CAPACITY 256)
        TIMESTAMP(lived_to) PARTITION BY DAY WAL""",
    # What is odd about a meter's days, from `ts` to `ts_end`; withdrawn when it is not any more (`store.series.flags`).
    "flags": """
        CREATE TABLE IF NOT EXISTS flags (
            ts TIMESTAMP, meter SYMBOL CAPACITY {symbols}, rule SYMBOL CAPACITY 64, ts_end TIMESTAMP, value DOUBLE,
            expected DOUBLE, withdrawn BOOLEAN, judged_at TIMESTAMP, quantity SYMBOL CAPACITY 64
        ) TIMESTAMP(ts) PARTITION BY MONTH WAL DEDUP UPSERT KEYS(ts, meter, rule, quantity)""",
    "flagging": """
        CREATE TABLE IF NOT EXISTS flagging (done_at TIMESTAMP, judged_to TIMESTAMP)
        TIMESTAMP(done_at) PARTITION BY MONTH WAL""",
    "forecasts": """
        CREATE TABLE IF NOT EXISTS forecasts (
            ts TIMESTAMP, issued_at TIMESTAMP, meter SYMBOL CAPACITY {symbols}, quantity SYMBOL CAPACITY 64,
            model SYMBOL CAPACITY 64, mean DOUBLE, q05 DOUBLE, q25 DOUBLE, q50 DOUBLE, q75 DOUBLE, q95 DOUBLE
        ) TIMESTAMP(ts) PARTITION BY MONTH WAL DEDUP UPSERT KEYS(ts, issued_at, meter, quantity, model)""",
    # What others say of times to come, and of past weather, each with when it was said; of a region or a site. `interval_s` is 0
    # for a moment. What is said again alike is not written again.
    "outlooks": """
        CREATE TABLE IF NOT EXISTS outlooks (
            ts TIMESTAMP, issued_at TIMESTAMP, place SYMBOL CAPACITY 4096, quantity SYMBOL CAPACITY 64, interval_s INT,
            value DOUBLE, source SYMBOL CAPACITY 4096, received_at TIMESTAMP
        ) TIMESTAMP(ts) PARTITION BY MONTH WAL DEDUP UPSERT KEYS(ts, issued_at, place, quantity, interval_s)""",
    "plans": """
        CREATE TABLE IF NOT EXISTS plans (
            ts TIMESTAMP, plan SYMBOL CAPACITY 4096, device SYMBOL CAPACITY 4096, setpoint_kw DOUBLE, issued_at TIMESTAMP
        ) TIMESTAMP(ts) PARTITION BY MONTH WAL DEDUP UPSERT KEYS(ts, plan, device)""",
    # Values whose channel nobody has mapped yet, at their own time. `state` is none while one waits, `stored` or `dropped` when
    # it does not any more, or else why it was refused once its channel was mapped.
    "waiting": """
        CREATE TABLE IF NOT EXISTS waiting (
            ts TIMESTAMP, channel SYMBOL CAPACITY {symbols}, source SYMBOL CAPACITY 4096, state SYMBOL CAPACITY 64,
            value DOUBLE, received_at TIMESTAMP
        ) TIMESTAMP(ts) PARTITION BY DAY WAL DEDUP UPSERT KEYS(ts, channel)""",
    # Nothing writes it any more, `store.records.plant.refused` keeps what is refused; what earlier versions kept goes in time.
    "quarantine": """
        CREATE TABLE IF NOT EXISTS quarantine (
            received_at TIMESTAMP, source SYMBOL CAPACITY 4096, road SYMBOL CAPACITY 16, reason VARCHAR, body VARCHAR
        ) TIMESTAMP(received_at) PARTITION BY DAY WAL""",
}


# Columns that came later than their tables.
ADDED = (
    ("intervals", "covered_s DOUBLE"),
    ("intervals", "known_s DOUBLE"),
    ("late", "ts_end TIMESTAMP"),
    ("telemetry", "estimated BOOLEAN"),
    ("telemetry", "lasts_s SHORT"),
    ("intervals", "estimated_s DOUBLE"),
    ("flags", "quantity SYMBOL CAPACITY 64"),
)

# Keys that came later than their tables.
KEYS = {("flags", "quantity"): "ts, meter, rule, quantity"}


def create_tables(settings: Settings) -> None:
    """Make the tables that are missing; changes nothing when all are there.

    Raises:
        StoreAway: QuestDB cannot be reached.
        Refused: a table of that name is there and is not ours.
    """
    for statement in TABLES.values():
        execute(statement.format(symbols=SYMBOLS), settings)
    _require_ours(settings)
    _extend(settings)
    _keep(settings)


def _require_ours(settings: Settings) -> None:
    # QuestDB keeps a `telemetry` table of its own unless it is told not to, and CREATE IF NOT EXISTS would accept it.
    columns = {name for (name,) in execute("SELECT \"column\" FROM table_columns('telemetry')", settings)}
    if not {"ts", "meter", "quantity", "value"} <= columns:
        raise Refused(
            "this QuestDB keeps a usage table named telemetry: start it with telemetry.enabled=false and drop that table"
        )


def _extend(settings: Settings) -> None:
    """Give tables of earlier versions what they lack."""
    for table, column in ADDED:
        there = {name for (name,) in execute(f"SELECT \"column\" FROM table_columns('{table}')", settings)}
        if column.split()[0] not in there:
            execute(f"ALTER TABLE {table} ADD COLUMN {column}", settings)
            if keys := KEYS.get((table, column.split()[0])):
                execute(f"ALTER TABLE {table} DEDUP ENABLE UPSERT KEYS({keys})", settings)


def _keep(settings: Settings) -> None:
    # What is old is dropped by `store.series.retention` alone; a TTL of QuestDB's follows whatever clock is wrong.
    for (name,) in execute("SELECT table_name FROM tables() WHERE ttlValue > 0", settings):
        if name in TABLES:
            execute(f"ALTER TABLE {name} SET TTL 0 DAYS", settings)
