"""Records of a test's own, on SQLite, where the kinds of jobs that the tests bring are known."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from config import settings as configuration
from store.records.jobs import kinds
from tests.records import fresh
from tests.worker import kinds as ours


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Their state folder."""
    made = configuration.load(home=tmp_path, demo=False, secret_key=SecretStr("not secret"))
    configuration.use(made)
    fresh(made.records_url)
    for name, kind in ours.ALL.items():
        monkeypatch.setitem(kinds.KINDS, name, kind)
    return tmp_path
