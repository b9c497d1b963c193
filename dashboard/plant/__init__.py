"""Administration of the plant: what its pages share, and what they show."""
