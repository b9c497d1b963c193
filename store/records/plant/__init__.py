"""Sites and what stands on them: graph, meters, devices and their keys, tariffs, limits."""
