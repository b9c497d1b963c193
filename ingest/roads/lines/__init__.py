"""Road 3, InfluxDB's: line protocol by its first and its second interface, and what agents ask before they write."""

from ingest.door import Routes
from ingest.roads.lines import stubs, write

ROUTES: Routes = {**write.ROUTES, **stubs.ROUTES}
