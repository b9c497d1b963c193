"""What a site shows now, computed once a tick in each process and served to everyone who may see the same.

`insight.site_view` (what there is) → `now` (what it does) → `tick` (the same as a few bytes) → every viewer's page.
"""
