"""What a site will do: its next 24 hours, computed within a time budget."""
