"""Who and what there is: people, organisations, sites, devices, meters. SQLAlchemy on SQLite or PostgreSQL."""
