"""A process that is not needed yet is called when it is: whoever knows that it is puts its order where it waits for it.

The supervisor keeps up what waits for an order as well (`cli/leash.py`), in a few megabytes. Only the standard library.
"""

from pathlib import Path

LISTENER = "mqtt"  # listens to brokers


def prepared(run: Path, name: str) -> Path:
    """Where the order of a process is kept until it is called for."""
    return run / f"{name}.prepared"


def call(run: Path, name: str) -> bool:
    """Call for a process; whether that was to be done. Where nobody prepared it, it runs by itself or not at all."""
    try:
        prepared(run, name).replace(run / f"{name}.json")
    except OSError:
        return False
    return True
