"""One page a file: its layout, guarded, and thin callbacks."""
