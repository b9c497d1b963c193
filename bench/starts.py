"""How long the first start and a warm one take, and how much memory everything needs when nobody looks."""

import time

from bench.figures import Figure
from bench.product import Product
from bench.run import Run
from cli.status import states


def start(run: Run) -> list[Figure]:
    """A first start with everything downloaded, and one from a state folder that is there."""
    run.started()
    figures = [Figure("first start after downloads, a year's backfill included", run.starts[0], "s", at_most=90)]
    run.product.down()
    run.say("starting again")
    run.started()
    return [*figures, Figure("warm `up` to a signed-in live page", run.starts[1], "s", at_most=10)]


def memory(run: Run) -> list[Figure]:
    """Proportional set size of every process, after a while without a viewer."""
    product = run.started()
    run.say(f"leaving it alone for {run.sizes.settle_s:.0f} s")
    time.sleep(run.sizes.settle_s)
    return memory_of(product, "idle with demo", at_most_mb=1000)


def memory_of(product: Product, when: str, at_most_mb: float) -> list[Figure]:
    """Proportional set size (MB) of each process, and of all."""
    processes = states(product.settings())
    figures = [Figure(f"memory {when}: {state.name}", state.memory / 1e6, "MB") for state in processes if state.pid]
    whole = sum(state.memory for state in processes) / 1e6
    return [*figures, Figure(f"memory of everything, {when} (PSS)", whole, "MB", at_most=at_most_mb)]
