"""Where a site's values come from beside its devices' own posts: what brokers and agents send, and what it means."""
