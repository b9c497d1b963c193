"""The people and organisations that somebody decides about."""
