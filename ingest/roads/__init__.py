"""The protocols devices speak: one a file, each a table of routes to handlers."""
