"""The only room that speaks to a database. Every function takes a scope: what the caller may see."""
