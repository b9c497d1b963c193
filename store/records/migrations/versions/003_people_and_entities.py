"""Entities that meters are assigned to, approval of organisations, requests, invitations, and what people keep of themselves.

Revision: 003, after 002
"""

import sqlalchemy as sa
from alembic import op

from store.ids import new_claim_code

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None

ENTITY = "'ent_' || substr(%s, 5)"
WORDS = "('pending', 'approved', 'rejected', 'disabled')"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make and fill the tables and columns."""
    _organisations()
    _users()
    _entities()
    _grants()
    _meters()
    _invitations()
    _requests()
    _about_people()


def _organisations() -> None:
    op.add_column("organisations", sa.Column("approval", sa.String(), nullable=True))
    op.execute("UPDATE organisations SET approval = 'approved'")
    with op.batch_alter_table("organisations") as table:
        table.alter_column("approval", existing_type=sa.String(), nullable=False)
        table.add_column(sa.Column("distributor_id", sa.String(), nullable=True))
        table.create_check_constraint(op.f("ck_organisations_approval"), f"approval IN {WORDS}")
        table.create_check_constraint(op.f("ck_organisations_distributor"), "distributor_id IS NULL OR kind = 'customer'")
        table.create_foreign_key(op.f("fk_organisations_distributor_id"), "organisations", ["distributor_id"], ["id"])
        table.create_index(op.f("ix_organisations_distributor_id"), ["distributor_id"])


def _users() -> None:
    op.add_column("users", sa.Column("email_verified_at", MOMENT, nullable=True))
    op.add_column("users", sa.Column("language", sa.String(), nullable=True))
    op.add_column("users", sa.Column("time_zone", sa.String(), nullable=True))
    # Whoever is in was let in by an administrator, who knew them.
    op.execute("UPDATE users SET email_verified_at = created_at WHERE approval = 'approved'")
    with op.batch_alter_table("one_time_links") as table:
        table.add_column(sa.Column("user_id", sa.String(), nullable=True))
        table.add_column(sa.Column("address", sa.String(), nullable=True))
        table.create_foreign_key(op.f("fk_one_time_links_user_id"), "users", ["user_id"], ["id"], ondelete="CASCADE")
        table.create_index(op.f("ix_one_time_links_user_id"), ["user_id"])


def _entities() -> None:
    op.create_table(
        "entities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.CheckConstraint("(user_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_entities_one_owner")),
        sa.CheckConstraint("id = 'ent_' || substr(coalesce(user_id, organisation_id), 5)", name=op.f("ck_entities_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_entities_organisation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_entities_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entities")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_entities_organisation_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_entities_user_id")),
    )
    op.execute(f"INSERT INTO entities (id, user_id) SELECT {ENTITY % 'id'}, id FROM users")
    op.execute(f"INSERT INTO entities (id, organisation_id) SELECT {ENTITY % 'id'}, id FROM organisations")


def _grants() -> None:
    op.rename_table("grants", "grants_before")
    _drop_indexes("grants", "grants_before", ("meter_id", "organisation_id", "site_id", "user_id"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE grants_before DROP CONSTRAINT pk_grants")  # its name is needed
    op.create_table(
        "grants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("meter_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'admin')", name=op.f("ck_grants_role")),
        sa.CheckConstraint("origin IN ('owner', 'given', 'claimed')", name=op.f("ck_grants_origin")),
        sa.CheckConstraint("(site_id IS NULL) <> (meter_id IS NULL)", name=op.f("ck_grants_one_object")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_grants_dates")),
        sa.ForeignKeyConstraint(["entity_id"], ["entities.id"], name=op.f("fk_grants_entity_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_grants_meter_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_grants_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    for column in ("entity_id", "meter_id", "site_id"):
        op.create_index(op.f(f"ix_grants_{column}"), "grants", [column], unique=False)
    given = sa.text("origin <> 'owner'")
    op.create_index("ix_grants_given", "grants", ["entity_id"], unique=False, sqlite_where=given, postgresql_where=given)
    # What would break a rule now is not carried over: a meter of somebody in an organisation goes to the organisation,
    # which may have been given it too; of two residents at a time the one who was first keeps it.
    op.execute(
        f"INSERT INTO grants (id, entity_id, site_id, meter_id, role, origin, valid_from, valid_to)"
        f" SELECT g.id, {ENTITY % 'coalesce(g.organisation_id, CASE WHEN g.meter_id IS NOT NULL THEN u.organisation_id END, g.user_id)'},"
        " g.site_id, g.meter_id, g.role, 'given', g.valid_from, g.valid_to"
        " FROM grants_before g LEFT JOIN users u ON u.id = g.user_id"
        " WHERE NOT EXISTS (SELECT 1 FROM grants_before b LEFT JOIN users bu ON bu.id = b.user_id"
        "  WHERE g.user_id IS NOT NULL AND u.organisation_id IS NULL AND bu.organisation_id IS NULL"
        "  AND b.meter_id = g.meter_id AND b.user_id <> g.user_id"
        "  AND (b.valid_from < g.valid_from OR (b.valid_from = g.valid_from AND b.id < g.id))"
        "  AND (b.valid_to IS NULL OR b.valid_to > g.valid_from) AND (g.valid_to IS NULL OR g.valid_to > b.valid_from))"
    )
    op.drop_table("grants_before")
    op.execute(
        "INSERT INTO grants (id, entity_id, meter_id, role, origin, valid_from)"
        " SELECT 'grt_' || substr(m.id, 5), e.id, m.id, 'admin', 'owner', m.created_at"
        " FROM meters m JOIN sites s ON s.id = m.site_id JOIN entities e ON e.organisation_id = s.organisation_id"
    )


def _drop_indexes(name: str, table: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        op.drop_index(op.f(f"ix_{name}_{column}"), table_name=table)


def _meters() -> None:
    for column in (
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("serial_number", sa.String(), nullable=True),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("claim_code", sa.String(), nullable=True),
    ):
        op.add_column("meters", column)
    connection = op.get_bind()
    ids = connection.execute(sa.text("SELECT id FROM meters")).scalars().all()
    if ids:
        codes = [{"id": meter_id, "code": new_claim_code()} for meter_id in ids]
        connection.execute(sa.text("UPDATE meters SET claim_code = :code WHERE id = :id"), codes)
    with op.batch_alter_table("meters") as table:
        table.alter_column("claim_code", existing_type=sa.String(), nullable=False)
        table.create_unique_constraint(op.f("uq_meters_claim_code"), ["claim_code"])
        table.create_check_constraint(
            op.f("ck_meters_position"),
            "(latitude IS NULL) = (longitude IS NULL) AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
        )
        table.create_index(op.f("ix_meters_name"), ["name"])
        table.create_index(op.f("ix_meters_serial_number"), ["serial_number"])
    op.add_column("energy_sources", sa.Column("note", sa.String(), nullable=True))
    op.execute("UPDATE energy_sources SET note = ''")
    with op.batch_alter_table("energy_sources") as table:
        table.alter_column("note", existing_type=sa.String(), nullable=False)


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("invited_by", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'admin')", name=op.f("ck_invitations_role")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_invitations_email_lower")),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("fk_invitations_invited_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_invitations_organisation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(op.f("ix_invitations_invited_by"), "invitations", ["invited_by"], unique=False)
    waiting = sa.text("accepted_at IS NULL")
    op.create_index(
        "uq_invitations_organisation_id_email",
        "invitations",
        ["organisation_id", "email"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=True),
        sa.Column("meter_id", sa.String(), nullable=True),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('meter', 'key')", name=op.f("ck_requests_kind")),
        sa.CheckConstraint(
            "(kind = 'meter') = (meter_id IS NOT NULL AND entity_id IS NOT NULL) AND (kind = 'key') = (device_id IS NOT NULL)",
            name=op.f("ck_requests_object"),
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (approved IS NULL)", name=op.f("ck_requests_decided")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_requests_decided_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_requests_device_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["entity_id"], ["entities.id"], name=op.f("fk_requests_entity_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_requests_meter_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_requests_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    for column in ("decided_by", "device_id", "entity_id", "meter_id", "user_id"):
        op.create_index(op.f(f"ix_requests_{column}"), "requests", [column], unique=False)
    waiting = sa.text("decided_at IS NULL")
    for name, columns, unique in (
        ("ix_requests_open", ["created_at"], False),
        ("uq_requests_entity_id_meter_id", ["entity_id", "meter_id"], True),
        ("uq_requests_user_id_device_id", ["user_id", "device_id"], True),
    ):
        op.create_index(name, "requests", columns, unique=unique, sqlite_where=waiting, postgresql_where=waiting)


def _about_people() -> None:
    op.create_table(
        "households",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("consent_at", MOMENT, nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("building_type", sa.String(), nullable=True),
        sa.Column("built_year", sa.Integer(), nullable=True),
        sa.Column("heating", sa.String(), nullable=True),
        sa.Column("appliances", sa.JSON(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("area_m2 BETWEEN 5 AND 100000", name=op.f("ck_households_area")),
        sa.CheckConstraint("people BETWEEN 1 AND 1000", name=op.f("ck_households_people")),
        sa.CheckConstraint("built_year BETWEEN 1000 AND 2200", name=op.f("ck_households_built_year")),
        sa.CheckConstraint(
            "building_type IN ('flat', 'terraced', 'semi_detached', 'detached', 'other')",
            name=op.f("ck_households_building_type"),
        ),
        sa.CheckConstraint(
            "heating IN ('gas', 'oil', 'district', 'heat_pump', 'electric', 'wood', 'other')",
            name=op.f("ck_households_heating"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_households_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_households")),
    )
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('alert', 'event', 'report', 'approval', 'security')", name=op.f("ck_notification_preferences_kind")
        ),
        sa.CheckConstraint("channel IN ('mail', 'browser')", name=op.f("ck_notification_preferences_channel")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notification_preferences_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", "channel", name=op.f("pk_notification_preferences")),
    )
    op.create_table(
        "pictures",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("content_type IN ('image/png', 'image/jpeg', 'image/webp')", name=op.f("ck_pictures_content_type")),
        sa.CheckConstraint("length(content) BETWEEN 1 AND 262144", name=op.f("ck_pictures_size")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_pictures_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_pictures")),
    )


def downgrade() -> None:
    """Back to grants of users and organisations; what only the new tables hold is lost."""
    for name in ("pictures", "notification_preferences", "households", "requests", "invitations"):
        op.drop_table(name)
    _grants_before()
    op.drop_table("entities")
    with op.batch_alter_table("energy_sources") as table:
        table.drop_column("note")
    with op.batch_alter_table("meters") as table:
        table.drop_index(op.f("ix_meters_serial_number"))
        table.drop_index(op.f("ix_meters_name"))
        table.drop_constraint(op.f("ck_meters_position"), type_="check")
        table.drop_constraint(op.f("uq_meters_claim_code"), type_="unique")
        for column in ("claim_code", "retired_at", "serial_number", "longitude", "latitude"):
            table.drop_column(column)
    with op.batch_alter_table("one_time_links") as table:
        table.drop_constraint(op.f("fk_one_time_links_user_id"), type_="foreignkey")
        table.drop_index(op.f("ix_one_time_links_user_id"))
        table.drop_column("address")
        table.drop_column("user_id")
    with op.batch_alter_table("users") as table:
        for column in ("time_zone", "language", "email_verified_at"):
            table.drop_column(column)
    with op.batch_alter_table("organisations") as table:
        table.drop_constraint(op.f("fk_organisations_distributor_id"), type_="foreignkey")
        table.drop_index(op.f("ix_organisations_distributor_id"))
        table.drop_constraint(op.f("ck_organisations_distributor"), type_="check")
        table.drop_constraint(op.f("ck_organisations_approval"), type_="check")
        table.drop_column("distributor_id")
        table.drop_column("approval")


def _grants_before() -> None:
    op.drop_index("ix_grants_given", table_name="grants")
    op.rename_table("grants", "grants_after")
    _drop_indexes("grants", "grants_after", ("entity_id", "meter_id", "site_id"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE grants_after DROP CONSTRAINT pk_grants")
    op.create_table(
        "grants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("meter_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT, nullable=True),
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
    for column in ("meter_id", "organisation_id", "site_id", "user_id"):
        op.create_index(op.f(f"ix_grants_{column}"), "grants", [column], unique=False)
    op.execute(
        "INSERT INTO grants SELECT g.id, e.user_id, e.organisation_id, g.site_id, g.meter_id, g.role, g.valid_from, g.valid_to"
        " FROM grants_after g JOIN entities e ON e.id = g.entity_id WHERE g.origin <> 'owner'"
    )
    op.drop_table("grants_after")
