"""A Loadstar as `up` starts it on one machine, with one device that posts: for what befalls the machine itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.product import Product
from config import settings as configuration
from faults import plant
from faults.posting import Poster
from faults.verdict import Verdict
from store.records.transaction import engine
from store.series import connection, health


class Embedded(Product):
    """It, with more in its environment."""

    def __init__(self, home: Path, **told: str) -> None:
        super().__init__(home, demo=False)
        self._told = told

    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        return super().environment() | self._told


@contextmanager
def posted_to(home: Path, **told: str) -> Iterator[tuple[Embedded, Poster]]:
    """One that is up in that state folder, and its device.

    Raises:
        NotUp: it does not start.
    """
    product = Embedded(home, **told)
    poster: Poster | None = None
    try:
        product.up()
        made = product.settings()
        configuration.use(made)
        engine.configure(made.records_url)
        poster = Poster([made.device_url], *plant.small())
        yield product, poster
    finally:
        if poster is not None:
            poster.end()
        connection.close()
        engine.configure()
        product.down()


def is_applied() -> bool:
    """Whether all that was taken can be read."""
    return all(table.lag == 0 and not table.suspended for table in health.tables())


def kept(poster: Poster, when: str) -> list[Verdict]:
    """What became of what the device was told is taken."""
    found = poster.stored()
    return [
        Verdict(f"readings acknowledged {when}", found.acknowledged, is_due=True),
        Verdict(f"readings lost, changed or doubled {when}", found.lost + found.wrong + found.doubled, is_bad=True),
    ]
