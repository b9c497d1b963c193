"""`python -m worker.demo`: the demo's devices post until they are stopped."""

from worker.demo.feed import main

main()
