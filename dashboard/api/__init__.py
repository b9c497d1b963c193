"""The JSON API for people's own programs: `/api/v1/…` at the dashboard's address, by bearer token, never by cookie."""
