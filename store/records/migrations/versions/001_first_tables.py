"""People, sites, graph, devices, meters, keys, activity: the first tables.

Revision: 001, the first
"""

import sqlalchemy as sa
from alembic import op

revision = "001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "attempts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
    )
    op.create_table(
        "last_values",
        sa.Column("series_id", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "quantity", name=op.f("pk_last_values")),
    )
    op.create_table(
        "one_time_links",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_links")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('distributor', 'customer')", name=op.f("ck_organisations_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "regions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
    )
    op.create_table(
        "versions",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_versions")),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("public_number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("nominal_voltage_v", sa.Double(), nullable=False),
        sa.Column("nominal_frequency_hz", sa.Double(), nullable=False),
        sa.Column("replay", sa.Boolean(), nullable=False),
        sa.Column("source_note", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('plant', 'campus', 'pv_battery')", name=op.f("ck_sites_kind")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name=op.f("ck_sites_position")),
        sa.CheckConstraint("nominal_voltage_v > 0 AND nominal_frequency_hz > 0", name=op.f("ck_sites_nominal")),
        sa.CheckConstraint("public_number > 0", name=op.f("ck_sites_public_number")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_sites_organisation_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_sites_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("public_number", name=op.f("uq_sites_public_number")),
    )
    op.create_index(op.f("ix_sites_organisation_id"), "sites", ["organisation_id"], unique=False)
    op.create_table(
        "devices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reporting_interval_s", sa.Integer(), nullable=False),
        sa.Column("energy_mode", sa.String(), nullable=False),
        sa.Column("plan_x", sa.Double(), nullable=True),
        sa.Column("plan_y", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("energy_mode IN ('interval', 'counter')", name=op.f("ck_devices_energy_mode")),
        sa.CheckConstraint(
            "(plan_x IS NULL) = (plan_y IS NULL) AND (plan_x IS NULL OR (plan_x BETWEEN 0 AND 1 AND plan_y BETWEEN 0 AND 1))",
            name=op.f("ck_devices_on_plan"),
        ),
        sa.CheckConstraint("reporting_interval_s > 0", name=op.f("ck_devices_reporting_interval")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_devices_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_site_id"), "devices", ["site_id"], unique=False)
    op.create_index(
        "uq_devices_site_id_name",
        "devices",
        ["site_id", "name"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("technology", sa.String(), nullable=False),
        sa.Column("capacity_kw", sa.Double(), nullable=True),
        sa.Column("capacity_kwh", sa.Double(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("plan_x", sa.Double(), nullable=True),
        sa.Column("plan_y", sa.Double(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('source', 'storage', 'bus', 'converter', 'sink')", name=op.f("ck_nodes_kind")),
        sa.CheckConstraint(
            "(plan_x IS NULL) = (plan_y IS NULL) AND (plan_x IS NULL OR (plan_x BETWEEN 0 AND 1 AND plan_y BETWEEN 0 AND 1))",
            name=op.f("ck_nodes_on_plan"),
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_nodes_dates")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_nodes_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
        sa.UniqueConstraint("id", "site_id", name=op.f("uq_nodes_id_site_id")),
    )
    op.create_index(op.f("ix_nodes_site_id"), "nodes", ["site_id"], unique=False)
    op.create_table(
        "tariffs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("import_price_per_kwh", sa.Double(), nullable=False),
        sa.Column("export_price_per_kwh", sa.Double(), nullable=False),
        sa.Column("co2_g_per_kwh", sa.Double(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("co2_g_per_kwh >= 0", name=op.f("ck_tariffs_co2")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_tariffs_dates")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_tariffs_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariffs")),
        sa.UniqueConstraint("site_id", "valid_from", name=op.f("uq_tariffs_site_id_valid_from")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("approval", sa.String(), nullable=False),
        sa.Column("platform_admin", sa.Boolean(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("last_site_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("approval IN ('pending', 'approved', 'rejected', 'disabled')", name=op.f("ck_users_approval")),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'admin')", name=op.f("ck_users_role")),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name=op.f("ck_users_theme")),
        sa.CheckConstraint("(organisation_id IS NULL) = (role IS NULL)", name=op.f("ck_users_role_within_organisation")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.ForeignKeyConstraint(["last_site_id"], ["sites.id"], name=op.f("fk_users_last_site_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_users_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index(op.f("ix_users_organisation_id"), "users", ["organisation_id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("can_write", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(device_id IS NULL) <> (site_id IS NULL)", name=op.f("ck_api_keys_one_object")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_api_keys_device_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_api_keys_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_device_id"), "api_keys", ["device_id"], unique=False)
    op.create_index(op.f("ix_api_keys_site_id"), "api_keys", ["site_id"], unique=False)
    op.create_table(
        "device_activity",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_activity_device_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id", "hour", name=op.f("pk_device_activity")),
    )
    op.create_table(
        "edges",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("from_node_id", sa.String(), nullable=False),
        sa.Column("to_node_id", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("two_way", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("carrier IN ('electricity', 'gas', 'heat', 'cooling', 'water')", name=op.f("ck_edges_carrier")),
        sa.CheckConstraint("from_node_id <> to_node_id", name=op.f("ck_edges_two_nodes")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_edges_dates")),
        sa.ForeignKeyConstraint(
            ["from_node_id", "site_id"],
            ["nodes.id", "nodes.site_id"],
            name=op.f("fk_edges_from_node_id_site_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_edges_site_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["to_node_id", "site_id"], ["nodes.id", "nodes.site_id"], name=op.f("fk_edges_to_node_id_site_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edges")),
    )
    op.create_index(op.f("ix_edges_site_id"), "edges", ["site_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "meters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("edge_id", sa.String(), nullable=True),
        sa.Column("node_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("source_note", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('main', 'check', 'virtual', 'condition')", name=op.f("ck_meters_role")),
        sa.CheckConstraint("edge_id IS NULL OR node_id IS NULL", name=op.f("ck_meters_edge_or_node")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_meters_device_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["edge_id"], ["edges.id"], name=op.f("fk_meters_edge_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"], name=op.f("fk_meters_node_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_meters_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meters")),
    )
    op.create_index(op.f("ix_meters_device_id"), "meters", ["device_id"], unique=False)
    op.create_index(op.f("ix_meters_edge_id"), "meters", ["edge_id"], unique=False)
    op.create_index(op.f("ix_meters_node_id"), "meters", ["node_id"], unique=False)
    op.create_index(op.f("ix_meters_site_id"), "meters", ["site_id"], unique=False)
    op.create_index(
        "uq_meters_edge_id",
        "meters",
        ["edge_id"],
        unique=True,
        sqlite_where=sa.text("role IN ('main', 'virtual')"),
        postgresql_where=sa.text("role IN ('main', 'virtual')"),
    )
    op.create_table(
        "device_fields",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("meter_id", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_fields_device_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_device_fields_meter_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id", "field", name=op.f("pk_device_fields")),
        sa.UniqueConstraint("meter_id", "quantity", name=op.f("uq_device_fields_meter_id_quantity")),
    )
    op.create_table(
        "energy_sources",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meter_id", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("rollover_kwh", sa.Double(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("method IN ('counter', 'interval', 'power')", name=op.f("ck_energy_sources_method")),
        sa.CheckConstraint(
            "rollover_kwh IS NULL OR (method = 'counter' AND rollover_kwh > 0)", name=op.f("ck_energy_sources_rollover")
        ),
        sa.CheckConstraint("interval_s > 0", name=op.f("ck_energy_sources_interval")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_energy_sources_dates")),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_energy_sources_meter_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_energy_sources")),
        sa.UniqueConstraint("meter_id", "valid_from", name=op.f("uq_energy_sources_meter_id_valid_from")),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("meter_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'admin')", name=op.f("ck_grants_role")),
        sa.CheckConstraint("(site_id IS NULL) <> (meter_id IS NULL)", name=op.f("ck_grants_one_object")),
        sa.CheckConstraint("(user_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_grants_one_subject")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_grants_dates")),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_grants_meter_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_grants_organisation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_grants_site_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_grants_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_meter_id"), "grants", ["meter_id"], unique=False)
    op.create_index(op.f("ix_grants_organisation_id"), "grants", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_grants_site_id"), "grants", ["site_id"], unique=False)
    op.create_index(op.f("ix_grants_user_id"), "grants", ["user_id"], unique=False)
    op.create_table(
        "virtual_terms",
        sa.Column("meter_id", sa.String(), nullable=False),
        sa.Column("term_meter_id", sa.String(), nullable=False),
        sa.Column("sign", sa.Integer(), nullable=False),
        sa.CheckConstraint("sign IN (-1, 1)", name=op.f("ck_virtual_terms_sign")),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_virtual_terms_meter_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["term_meter_id"], ["meters.id"], name=op.f("fk_virtual_terms_term_meter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meter_id", "term_meter_id", name=op.f("pk_virtual_terms")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("virtual_terms")
    op.drop_index(op.f("ix_grants_user_id"), table_name="grants")
    op.drop_index(op.f("ix_grants_site_id"), table_name="grants")
    op.drop_index(op.f("ix_grants_organisation_id"), table_name="grants")
    op.drop_index(op.f("ix_grants_meter_id"), table_name="grants")
    op.drop_table("grants")
    op.drop_table("energy_sources")
    op.drop_table("device_fields")
    op.drop_index(
        "uq_meters_edge_id",
        table_name="meters",
        sqlite_where=sa.text("role IN ('main', 'virtual')"),
        postgresql_where=sa.text("role IN ('main', 'virtual')"),
    )
    op.drop_index(op.f("ix_meters_site_id"), table_name="meters")
    op.drop_index(op.f("ix_meters_node_id"), table_name="meters")
    op.drop_index(op.f("ix_meters_edge_id"), table_name="meters")
    op.drop_index(op.f("ix_meters_device_id"), table_name="meters")
    op.drop_table("meters")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_edges_site_id"), table_name="edges")
    op.drop_table("edges")
    op.drop_table("device_activity")
    op.drop_index(op.f("ix_api_keys_site_id"), table_name="api_keys")
    op.drop_index(op.f("ix_api_keys_device_id"), table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_index(op.f("ix_users_organisation_id"), table_name="users")
    op.drop_table("users")
    op.drop_table("tariffs")
    op.drop_index(op.f("ix_nodes_site_id"), table_name="nodes")
    op.drop_table("nodes")
    op.drop_index(
        "uq_devices_site_id_name",
        table_name="devices",
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.drop_index(op.f("ix_devices_site_id"), table_name="devices")
    op.drop_table("devices")
    op.drop_index(op.f("ix_sites_organisation_id"), table_name="sites")
    op.drop_table("sites")
    op.drop_table("versions")
    op.drop_table("regions")
    op.drop_table("organisations")
    op.drop_table("one_time_links")
    op.drop_table("last_values")
    op.drop_table("attempts")
