"""The audit log as people read, check and take it away."""
