"""What lets somebody in: passwords, second factors, sessions, tokens, links by mail."""
