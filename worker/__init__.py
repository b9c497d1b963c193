"""What happens by the clock: rollup, retention, mail."""
