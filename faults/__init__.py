"""`loadstar faults`: each part of a Loadstar in production is killed under load, and what it promised is counted."""
