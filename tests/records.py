"""Records with all tables and nothing in them: made once, for that takes a second, and copied wherever they are needed."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import make_url

from store.records.transaction import engine


def fresh(url: str) -> None:
    """Use fresh records at this address from now on, in force for this process."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        assert place.database
        with Path(place.database).open("xb") as file:
            file.write(_empty())
        engine.configure(url)
    else:
        engine.configure(url)
        engine.upgrade()


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.sqlite3"
        engine.configure(f"sqlite:///{file}")
        engine.upgrade()
        engine.configure()  # closes the file, so that it is whole
        return file.read_bytes()
