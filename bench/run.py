"""One run of the bench: what its sections share."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.crowd import Crowd
from bench.product import Product
from config import settings as configuration


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything; seconds unless it says otherwise."""

    load_s: float = 6.0
    rounds: int = 2
    rows: int = 10_000_000
    fill_s: float = 150.0
    settle_s: float = 30.0
    viewers: int = 20
    tick_s: float = 40.0
    page_loads: int = 3
    repeats: int = 20
    crowd: Crowd = field(default_factory=Crowd)
    asks: int = 5
    nth: int = 1  # of the questions that a table can be asked, each so many-th
    demo_days: int = 365
    late_rows: int = 1_000_000
    file_rows: int = 3_000_000
    site_meters: int = 5_000
    seen_meters: int = 100
    seen_homes: int = 25
    seen_days: int = 365
    seen_weeks: int = 10
    seen_beside: int = 8
    apart: bool = True  # sections that nothing else may weigh on have a Loadstar of their own


FULL = Sizes()
FEW = Crowd(users=120, organisations=12, sites=4, nodes=12, meters=160, entries=300)
QUICK = Sizes(
    load_s=0.05,
    rounds=1,
    rows=5_000,
    fill_s=180,  # which it never takes but on a machine that is very busy
    settle_s=1,
    viewers=2,
    tick_s=6,
    page_loads=1,
    repeats=2,  # of people, too, who ask for a dashboard in either way
    crowd=FEW,
    asks=1,
    nth=40,
    demo_days=1,
    late_rows=4_000,
    file_rows=9_000,
    site_meters=80,
    seen_meters=2,
    seen_homes=1,
    seen_days=60,
    seen_weeks=1,
    seen_beside=2,
    apart=False,
)


@dataclass
class Run:
    """The product under test, the sizes, and a way to say what is being done."""

    product: Product
    sizes: Sizes
    say: Callable[[str], None]
    records: str | None = None  # an empty database to fill in place of SQLite
    began: float = field(default_factory=time.monotonic)
    starts: list[float] = field(default_factory=list)

    def started(self) -> Product:
        """The running product: started now if no section has done so. Its settings are those of this process."""
        from store.records.transaction import engine

        if not self.product.running:
            self.say("starting Loadstar" + (" with the demo's history" if self.product.demo and not self.starts else ""))
            self.starts.append(self.product.up())
        configuration.use(self.product.settings())
        engine.configure()  # of the Loadstar before it the records are gone
        return self.product

    @contextmanager
    def alone(self, records: str | None = None) -> Iterator[Product]:
        """Another Loadstar in place of the running one, not started yet, to which no other section has written."""
        from store.records.transaction import engine

        self.product.down()
        product = Product(None, demo=False, records=records)
        try:
            engine.configure(product.records_url)
            yield product
        finally:
            engine.configure()
            product.remove()

    @contextmanager
    def fresh(self) -> Iterator[Product]:
        """The same, started, and its settings those of this process; the running one where sections need not be apart."""
        if not self.sizes.apart:
            yield self.started()
            return
        with self.alone() as product:
            self.say("starting a Loadstar without the demo")
            product.up()
            configuration.use(product.settings())
            yield product
