"""How it is told what a file means: its sample, its times, and one module a shape of table."""
