"""What is known of those who publish: one small file a family, of which `read` says what a message tells.

None of them knows of brokers, meters or the store. What holds for all is here: what a broker kept from earlier is no reading,
for nobody knows how old it is, unless the message itself says of when it is.
"""

import unicodedata
from collections.abc import Callable

from ingest.mqtt.families import (
    ahoydtu,
    dsmr,
    emon,
    esphome,
    homeassistant_discovery,
    homeassistant_statestream,
    opendtu,
    plain,
    shelly1,
    shelly2,
    tasmota,
    things_stack,
    thingsboard,
    victron,
    zigbee2mqtt,
)
from ingest.mqtt.heard import Heard, Message, Proposal, Value

FAMILIES: dict[str, Callable[[Message], Heard]] = {
    module.__name__.rpartition(".")[2]: module.read
    for module in (
        ahoydtu,
        dsmr,
        emon,
        esphome,
        homeassistant_discovery,
        homeassistant_statestream,
        opendtu,
        plain,
        shelly1,
        shelly2,
        tasmota,
        things_stack,
        thingsboard,
        victron,
        zigbee2mqtt,
    )
}


def heard(family: str, message: Message) -> Heard:
    """What a message of the family tells; channels' names in one Unicode form (NFC).

    Raises:
        Unreadable: it is not what the family sends.
    """
    return [
        each._replace(channel=_composed(each.channel)) if isinstance(each, Value | Proposal) else each
        for each in FAMILIES[family](message)
        if not (message.retained and isinstance(each, Value) and each.at_us is None)
    ]


def _composed(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)
