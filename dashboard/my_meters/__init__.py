"""What the page of one's own meters shows, without callbacks."""
