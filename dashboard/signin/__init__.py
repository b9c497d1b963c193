"""Signing in and out, and making the first administrator: plain forms, no callbacks."""
