"""How good a site's readings are, what is doubted of them, and what people correct."""
