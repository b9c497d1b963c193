"""Which file reads what: the services of `config.pull_services` by the names of their readers."""

from collections.abc import Callable
from typing import NamedTuple

from ingest.pulls import electricity_maps, energy_charts, entsoe, gb_carbon, octopus_agile, open_meteo
from ingest.pulls.pulled import Asked, Question, Said


class Reader(NamedTuple):
    """How a service is asked and understood."""

    question: Callable[[Asked], Question]
    read: Callable[[bytes, Asked], Said]


READERS = {
    each.__name__.rpartition(".")[2]: Reader(each.question, each.read)
    for each in (electricity_maps, energy_charts, entsoe, gb_carbon, octopus_agile, open_meteo)
}
