"""`python -m ingest`: the device API, until it is told to end."""

import logging
import os
import sys

from config import settings as configuration
from ingest.serve import PortTaken, run


def main() -> int:
    """Run it; the exit status."""
    os.umask(configuration.PRIVATE)
    try:
        settings = configuration.settings()
        logging.basicConfig(
            level=settings.log_level, format="%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s", stream=sys.stderr
        )
        run(settings)
    except (PortTaken, configuration.SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
