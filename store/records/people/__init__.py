"""Users and organisations, how they come, what they keep, and how they go."""
