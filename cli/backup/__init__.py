"""`loadstar backup` and `restore`: everything that a Loadstar keeps, in one file, and out of it again."""

from cli.backup.command import backup, restore

__all__ = ["backup", "restore"]
