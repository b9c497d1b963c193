"""What the pages of one's own account are made of."""
