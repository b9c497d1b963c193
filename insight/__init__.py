"""What a site does, did and will do: reads the store, applies the models. No screen, no requests."""
