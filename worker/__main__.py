"""`python -m worker`: what happens by the clock."""

from worker.main import main

if __name__ == "__main__":
    main()
