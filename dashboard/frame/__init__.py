"""What stands around every page: shell, navigation, what went wrong, and whose eyes somebody looks with."""
