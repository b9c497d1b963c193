"""`python -m worker`: what happens by the clock, and jobs; with `--alone` it does jobs itself, whatever Redis is named."""

import sys

from worker.main import main

if __name__ == "__main__":
    main(alone="--alone" in sys.argv)
