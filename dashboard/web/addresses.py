"""Where the JSON API for people's own programs stands: what is asked there is let in by a token, never by a cookie."""

API = "/api/v1/"
