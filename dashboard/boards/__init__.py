"""Dashboards that people put together: what there is to put on them, where it stands, and how it is drawn."""
