"""How much room the disks have, for Prometheus: those that the device API can see."""

from config.settings import Settings
from store import disks


def text(settings: Settings) -> bytes:
    """Free bytes of each, and below how many it is nearly full, in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    free = Gauge("loadstar_disk_free_bytes", "Bytes that are free on a disk", ["of"], registry=registry)
    least = Gauge("loadstar_disk_least_free_bytes", "Bytes below which it is nearly full", ["of"], registry=registry)
    for disk in disks.seen(settings):
        free.labels(disk.of).set(disk.free)
        least.labels(disk.of).set(disk.least)
    return generate_latest(registry)
