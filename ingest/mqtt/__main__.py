"""`python -m ingest.mqtt`: listens to the brokers of the records, until it is told to end."""

import logging
import os
import sys

import uvloop

from config import settings as configuration
from ingest.mqtt.process import Process


def main() -> int:
    """Run it; the exit status."""
    os.umask(configuration.PRIVATE)
    try:
        settings = configuration.settings()
    except configuration.SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s", stream=sys.stderr
    )
    uvloop.run(_listen(settings))
    return 0


async def _listen(settings: configuration.Settings) -> None:
    await Process(settings).run()


if __name__ == "__main__":
    sys.exit(main())
