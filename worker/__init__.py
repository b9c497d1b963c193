"""What happens by the clock: rollup, retention, the demo's devices."""
