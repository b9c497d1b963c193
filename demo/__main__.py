"""`python -m demo`: the demo's devices post until they are stopped."""

from demo.feed import main

main()
