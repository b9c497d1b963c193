"""Work that takes long is a row: `asking` for it, `working` on it, its `kinds`, and the `lease` of whoever watches over it."""
