"""Imports of files as people see them: sending a file, how it is read, which meters it is of, and what became of it."""
