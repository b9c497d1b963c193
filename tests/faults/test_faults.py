"""A Loadstar in production, two of everything, keeps what it promises while each part of it is killed, and in other incidents."""

import subprocess
import sys
from collections import Counter

import pytest

from config.settings import PROJECT
from faults.house import KILLED, ROADS
from faults.verdict import Verdict, table

# Of the others, `disk`, `clock`, `backup` (tests/cli) and `broker` (tests/ingest/mqtt) have tests of their own; `order`,
# `file` and `backfill` cost a minute each.
INCIDENTS = ("stop", "resets", "copies", "slow", "days")


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.mosquitto
@pytest.mark.timeout(1800)
def test_whatever_happens_under_load_no_reading_and_no_job_is_lost_or_doubled_and_nobody_is_signed_out() -> None:
    only = [word for what in (*KILLED, *INCIDENTS) for word in ("--only", what)]
    argv = [sys.executable, "-m", "cli", "faults", "--kills", "1", "--quick", *only]
    ran = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{ran.stderr[-6000:]}\n{ran.stdout}"
    counted = dict(line.rstrip(" ok").rsplit(maxsplit=1) for line in ran.stdout.splitlines())
    assert [counted[f"kills of {what}"] for what in KILLED] == ["1"] * len(KILLED)
    for what in (*(f"readings acknowledged by {road}" for road in ROADS), "jobs done", "pages shown"):
        assert int(counted[what].replace(",", "")) > 10, ran.stdout


def test_the_table_says_which_promise_was_broken() -> None:
    verdicts = [Verdict("readings", 1200), Verdict("lost", 3, True), Verdict("doubled", 0, True), Verdict("jobs", 0, is_due=True)]
    said = table(Counter({"Redis": 2}), verdicts)
    assert [line.split() for line in said.splitlines()] == [
        ["kills", "of", "Redis", "2"],
        ["readings", "1,200"],
        ["lost", "3", "BAD"],
        ["doubled", "0", "ok"],
        ["jobs", "0", "BAD"],
    ]
