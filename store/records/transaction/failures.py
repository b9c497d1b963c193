"""What a database says went wrong, in the words of whoever can do something about it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from config.language import N_, _
from store.errors import NotStorable, Refused, StoreAway, StoreError, StoreFull
from store.records.schema import texts

# What each constraint and each refusing rule is for, for people. A test fails when one is missing here.
RULES = {
    "ck_api_keys_one_object": N_("a key is of one device or of one site: give one of the two"),
    "ck_brokers_port": N_("a port is from 1 to 65535: correct it"),
    "ck_budgets_amount": N_("a budget is of more than 0: correct it, or delete the budget"),
    "ck_budgets_measure": N_("a budget is of energy, cost or co2: choose one"),
    "ck_budgets_month": N_("a budget is of a whole month: give its first day"),
    "ck_budgets_one_subject": N_("a budget is of a site, of a building or of a person: give one of them"),
    "ck_buildings_area": N_("a floor area is more than 0 m²: correct it, or leave it out"),
    "ck_buildings_people": N_("people in a building are 0 or more: correct the number, or leave it out"),
    "ck_buildings_position": N_("a latitude is within −90 to 90 and a longitude within −180 to 180: give both, or none"),
    "ck_buildings_use": N_(
        "a building's use is office, teaching, laboratory, dwelling, retail, workshop, sports, hospital, storage or other: "
        "choose one"
    ),
    "ck_calendar_periods_days": N_("a period cannot end before it begins: check the days"),
    "ck_calendar_periods_kind": N_("days are a holiday, working days, school holidays or a shutdown: choose one"),
    "ck_channels_interval": N_("a value is of one second or more: leave the interval out, or give a longer one"),
    "ck_channels_mapped": N_("a channel is mapped to a meter and a quantity, or ignored: give both, or none"),
    "ck_channels_one_source": N_("a channel is of one device or of one broker: give one of the two"),
    "ck_channels_road": N_("a channel comes by lines or by mqtt: choose one"),
    "ck_received_requests_road": N_("a request comes by hardware, readings, lines or mqtt: choose one"),
    "ck_refused_readings_road": N_("a reading comes by hardware, readings, lines, mqtt or a file: choose one"),
    "ck_refused_readings_state": N_("a refused reading is kept, stored or discarded: choose one"),
    "ck_devices_energy_mode": N_("a device's energies are of its 'interval' or of its 'counter': choose one"),
    "ck_devices_on_plan": N_("a place on the plan is two shares between 0 and 1: give both, or none"),
    "ck_devices_reporting_interval": N_("a device can report at most once a second: give an interval of 1 s or more"),
    "ck_edges_carrier": N_("an edge carries electricity, gas, heat, cooling or water: choose one"),
    "ck_edges_dates": N_("an edge cannot end before it starts: check the dates"),
    "ck_edges_two_nodes": N_("an edge joins two nodes: choose another end"),
    "ck_emission_factors_co2": N_("a CO2 factor is 0 g/kWh or more: correct it"),
    "ck_emission_factors_days": N_("a factor cannot end before it begins: check the days"),
    "ck_emission_factors_kind": N_("a factor is of a certificate, of the residual mix or of own production: choose one"),
    "ck_emission_factors_node": N_("a factor of own production, and no other, is of something that produces: choose it"),
    "ck_emission_factors_share": N_("a certificate, and no other factor, is of a share of what is bought: correct it"),
    "ck_energy_sources_dates": N_("a declaration cannot end before it starts: check the dates"),
    "ck_energy_sources_interval": N_("readings can be expected at most once a second: give an interval of 1 s or more"),
    "ck_energy_sources_method": N_("energy comes from a counter, an interval or power: choose one"),
    "ck_energy_sources_rated": N_("a meter is rated for more than 0 kW: correct it, or leave it out"),
    "ck_energy_sources_rollover": N_("only a counter rolls over, at more than 0 kWh: leave it out, or correct it"),
    "ck_entities_id": N_("an entity has the id of its owner: leave it to the database"),
    "ck_entities_one_owner": N_("an entity is of one user or of one organisation: give one of the two"),
    "ck_flag_thresholds_threshold": N_("a rule flags by more than 0: correct it, or switch the rule off"),
    "ck_grants_dates": N_("a grant cannot end before it starts: check the dates"),
    "ck_grants_one_object": N_("a grant is on one site or on one meter: give one of the two"),
    "ck_grants_origin": N_("a grant is the owner's, given or claimed: choose one"),
    "ck_grants_role": N_("a role is viewer, operator or admin: choose one"),
    "ck_households_area": N_("a home has between 5 m² and 100,000 m²: correct the area, or leave it out"),
    "ck_households_building_type": N_("a building is a flat, terraced, semi_detached, detached or other: choose one, or none"),
    "ck_households_built_year": N_("a building is of a year between 1000 and 2200: correct it, or leave it out"),
    "ck_households_heating": N_(
        "a heating is gas, oil, district, heat_pump, electric, wood or other: choose one, or leave it out"
    ),
    "ck_households_people": N_("between 1 and 1,000 people live in a home: correct the number, or leave it out"),
    "ck_invitations_email_lower": N_("addresses are kept in lower case: write it so"),
    "ck_invitations_role": N_("a role is viewer, operator or admin: choose one"),
    "ck_jobs_progress": N_("progress is a share between 0 and 1: correct it"),
    "ck_jobs_state": N_("a job is queued, running, done, failed or cancelled: choose one"),
    "ck_meters_edge_or_node": N_("a meter measures an edge or a node: give one of the two"),
    "ck_meters_position": N_(
        "a latitude is within −90 to 90 and a longitude within −180 to 180: give both, or none for the site's"
    ),
    "ck_meters_role": N_("a meter is a main, check, virtual or condition meter: choose one"),
    "ck_nodes_dates": N_("a node cannot end before it starts: check the dates"),
    "ck_nodes_kind": N_("a node is a source, storage, bus, converter or sink: choose one"),
    "ck_nodes_on_plan": N_("a place on the plan is two shares between 0 and 1: give both, or none"),
    "ck_notification_preferences_channel": N_("notifications come by mail or in the browser: choose one"),
    "ck_notification_preferences_kind": N_("notifications are of an alert, event, report, approval or security: choose one"),
    "ck_organisations_approval": N_("an organisation is pending, approved, rejected or disabled: choose one"),
    "ck_imports_state": N_("an import waits, runs, is done, has failed, or is taken back: choose one"),
    "ck_organisations_distributor": N_("a distributor is nobody's customer: leave its distributor out"),
    "ck_organisations_kind": N_("an organisation is a distributor or a customer: choose one"),
    "ck_personal_tokens_dates": N_("a token cannot end before it starts: give it a later end"),
    "ck_pictures_content_type": N_("a picture is a PNG, JPEG or WebP: save it as one of them"),
    "ck_pictures_size": N_("a picture has 256 KiB at the most: make it smaller"),
    "ck_requests_decided": N_("a decision has a time and an answer: give both"),
    "ck_requests_kind": N_("a request is for a meter or for a key: choose one"),
    "ck_requests_object": N_("a request is for one meter or for the key of one device: give what fits its kind"),
    "ck_sites_kind": N_("a site is a plant, a campus or pv_battery: choose one"),
    "ck_sites_nominal": N_("a nominal voltage and frequency are above 0: correct them"),
    "ck_sites_position": N_("a latitude is within −90 to 90 and a longitude within −180 to 180: correct the position"),
    "ck_site_limits_band": N_("a limit's lower bound is below its upper one: correct them"),
    "ck_site_limits_bound": N_("a limit has a lower or an upper bound: give at least one"),
    "ck_site_limits_critical": N_("what is critical lies beyond what is allowed: correct it, or leave it out"),
    "ck_sites_public_number": N_("a public number is above 0: choose another"),
    "ck_sites_reporting_interval": N_("devices can report at most once a second: give an interval of 1 s or more"),
    "ck_tariffs_co2": N_("a CO2 factor is 0 g/kWh or more: correct it"),
    "ck_tariffs_dates": N_("a tariff cannot end before it starts: check the dates"),
    "ck_users_approval": N_("a user is pending, approved, rejected or disabled: choose one"),
    "ck_users_colours": N_("colours are heat, safe or neutral: choose one"),
    "ck_users_email_lower": N_("addresses are kept in lower case: write it so"),
    "ck_users_role": N_("a role is viewer, operator or admin: choose one"),
    "ck_users_role_within_organisation": N_("a role is held within an organisation: give both, or none"),
    "ck_users_theme": N_("a theme is auto, light or dark: choose one"),
    "ck_virtual_terms_sign": N_("a term of a virtual meter is added (1) or taken away (-1): choose one"),
    "rule_customers_of_distributors": N_("an organisation is the customer of a distributor: give the id of one"),
    "ck_pull_sources_every": N_("a source is asked once a minute at the most: give 60 seconds or more"),
    "ck_pull_sources_gives": N_("a source gives a price, a CO₂ intensity, weather or readings: choose one"),
    "ck_pull_sources_interval": N_("a value is of one second or more: leave the interval out, or give a longer one"),
    "ck_pull_sources_meter": N_("readings are of a meter of a site and of a quantity: give both"),
    "ck_pull_sources_one_owner": N_("a source is of one region or of one site: give one of the two"),
    "ck_report_schedules_kind": N_("a report by the clock is of a week or of a month: choose one"),
    "ck_reports_days": N_("a report cannot end before it begins: check the days"),
    "ck_reports_kind": N_("a report is of a week, a month, a quarter, a year or other days: choose one"),
    "rule_distributor_with_sites": N_("a distributor that has sites or customers stays one: hand them over first"),
    "rule_entity_fixed": N_("an entity never changes: make another user or organisation instead"),
    "rule_entity_stays": N_("an entity stays as long as its user or organisation: delete those instead"),
    "rule_no_own_meters": N_("people in an organisation have no meters of their own: give the meter to the organisation"),
    "rule_one_edge_of_a_way": N_("these nodes are connected this way already: end that edge first, or choose another carrier"),
    "rule_one_site_of_a_name": N_("the distributor has a site of this name: choose another name"),
    "rule_one_resident": N_("another resident has this meter in this time: end that assignment first, or choose other dates"),
    "rule_one_node_of_a_name": N_("the site has a node of this name: choose another name, or end that node first"),
    "rule_organisation_id": N_("an organisation's id never changes: leave it as it is"),
    "rule_release_meters": N_("whoever joins an organisation has no meters of their own: release them first"),
    "rule_sites_of_distributors": N_("a site is owned by a distributor: give the id of one"),
    "rule_user_id": N_("a user's id never changes: leave it as it is"),
    "uq_budgets_node_id_measure_month": N_("the building has a budget of this for this month: change that one"),
    "uq_budgets_site_id_measure_month": N_("the site has a budget of this for this month: change that one"),
    "uq_budgets_user_id_measure_month": N_("there is a budget of this for this month: change that one"),
    "uq_buildings_node_id_site_id": N_("this node is a building already: change that one"),
    "uq_buildings_site_id_number": N_("another building of the site has this number: choose another"),
    "uq_channels_meter_id_quantity_estimated": N_(
        "another channel writes this quantity of the meter already: take that mapping away first, or choose another meter"
    ),
    "uq_dashboards_user_id_name": N_("another of your dashboards has this name: choose another"),
    "uq_device_fields_meter_id_quantity": N_(
        "another field writes this quantity of this meter already: give it a meter of its own"
    ),
    "uq_devices_site_id_name": N_("the site has a device of this name: choose another name, or retire that device"),
    "uq_energy_sources_meter_id_valid_from": N_("a declaration starts at this time already: choose another"),
    "uq_entities_organisation_id": N_("the organisation has an entity already: leave it to the database"),
    "uq_entities_user_id": N_("the user has an entity already: leave it to the database"),
    "uq_identities_issuer_subject": N_("this was bound a moment ago: sign in again"),
    "uq_jobs_once": N_("the same is asked for already: wait for it"),
    "uq_identities_user_id_issuer": N_(
        "the provider lets somebody else into this account: they end that on their account's page, "
        "or an administrator deletes their account"
    ),
    "uq_invitations_organisation_id_email": N_(
        "this address was invited already: withdraw that invitation, or wait for the answer"
    ),
    "uq_invitations_token_hash": N_("this invitation exists already: make a new one"),
    "uq_meters_claim_code": N_("another meter has this claim code: make a new one"),
    "uq_meters_edge_id": N_("the edge has a main meter already: make this one a check meter, or retire the other"),
    "uq_nodes_id_site_id": N_("this node exists already: make a new one"),
    "uq_pull_sources_meter_id_quantity": N_(
        "another source writes this quantity of the meter already: archive that one first, or choose another meter"
    ),
    "uq_pull_sources_region_id_gives": N_("the region has a source of this already: change that one, or archive it first"),
    "uq_pull_sources_site_id_gives": N_("the site has a source of this already: change that one, or archive it first"),
    "uq_requests_entity_id_meter_id": N_("this meter was asked for already: wait for the answer"),
    "uq_requests_user_id_device_id": N_("a key of this device was asked for already: wait for the answer"),
    "uq_import_profiles_site_id_name": N_("the site has a saved profile of this name: choose another name"),
    "uq_sites_public_number": N_("another site has this public number: choose another"),
    "uq_tariffs_site_id_valid_from": N_("a tariff starts at this time already: choose another"),
    "uq_users_email": N_("somebody has an account with this address: choose another, or let them sign in"),
}

RULES |= {
    f"rule_texts_of_{table.name}": N_("a text is too long, or holds an invisible character: type it again")
    for table in texts.tables()
}

# Which argument a broken rule is about, where it is one: a form says it beside that field.
ABOUT = {
    "ck_brokers_port": "port",
    "ck_budgets_amount": "amount",
    "ck_buildings_area": "floor_area_m2",
    "ck_buildings_people": "people",
    "ck_buildings_position": "latitude",
    "ck_buildings_use": "use",
    "ck_calendar_periods_days": "last_day",
    "ck_devices_energy_mode": "energy_mode",
    "ck_devices_reporting_interval": "reporting_interval_s",
    "ck_edges_dates": "valid_to",
    "ck_edges_two_nodes": "to_node_id",
    "ck_emission_factors_co2": "co2_g_per_kwh",
    "ck_emission_factors_days": "last_day",
    "ck_emission_factors_kind": "kind",
    "ck_emission_factors_node": "node_id",
    "ck_emission_factors_share": "share",
    "ck_energy_sources_interval": "interval_s",
    "ck_energy_sources_rated": "rated_kw",
    "ck_energy_sources_rollover": "rollover_kwh",
    "ck_flag_thresholds_threshold": "threshold",
    "ck_grants_dates": "valid_to",
    "ck_meters_position": "latitude",
    "ck_nodes_dates": "valid_to",
    "ck_nodes_kind": "kind",
    "ck_nodes_on_plan": "plan_x",
    "ck_site_limits_band": "low",
    "ck_site_limits_bound": "low",
    "ck_site_limits_critical": "critical_low",
    "ck_sites_nominal": "nominal_voltage_v",
    "ck_sites_position": "latitude",
    "ck_sites_reporting_interval": "reporting_interval_s",
    "rule_one_edge_of_a_way": "to_node_id",
    "uq_buildings_site_id_number": "number",
    "uq_channels_meter_id_quantity_estimated": "quantity",
    "uq_device_fields_meter_id_quantity": "fields",
    "uq_devices_site_id_name": "name",
    "uq_energy_sources_meter_id_valid_from": "valid_from",
    "uq_invitations_organisation_id_email": "email",
    "uq_meters_edge_id": "edge_id",
    "uq_pull_sources_meter_id_quantity": "meter_id",
    "uq_pull_sources_region_id_gives": "service",
    "uq_pull_sources_site_id_gives": "service",
    "uq_tariffs_site_id_valid_from": "valid_from",
    "uq_users_email": "email",
}

_NO_ROOM = {"53100"}  # PostgreSQL's disk_full; its words are of whatever language the server speaks
_SQLITE_FULL = re.compile("disk is full", re.IGNORECASE)
_UNPREPARED = re.compile('no such (table|column)|(relation|column) "?[^ ]+ does not exist')
_SQLITE_AWAY = re.compile("locked|busy|unable to open|disk I/O|readonly")
_SQLITE_TRIGGER = re.compile(r"^rule_\w+$")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")


@contextmanager
def translated() -> Iterator[None]:
    """Raise a database's errors as those of `store.errors`; what is a fault of the program stays what it is."""
    try:
        yield
    except IntegrityError as error:
        raise Refused(_broken_rule(error), ABOUT.get(constraint_of(error) or "", "")) from error
    except PoolTimeout as error:
        raise StoreAway(_("all connections to the records are in use: try again in a moment")) from error
    except DataError as error:
        raise NotStorable from error
    except DBAPIError as error:
        known = _known(error)
        if known is None:
            raise
        raise known from error


def _known(error: DBAPIError) -> StoreError | None:
    text = str(error.orig)
    if getattr(error.orig, "sqlstate", None) in _NO_ROOM or _SQLITE_FULL.search(text):
        return StoreFull(_("the disk that holds the records is full: make room on it"))
    if _UNPREPARED.search(text):
        return StoreAway(_("the records have no tables yet, or old ones: run `./loadstar migrate`"))
    sqlite = "sqlite3" in type(error.orig).__module__
    if isinstance(error, (OperationalError, InterfaceError)) and (not sqlite or _SQLITE_AWAY.search(text)):
        return StoreAway(_("the records cannot be reached: is their database running?"))
    return None


def _broken_rule(error: IntegrityError) -> str:
    name = constraint_of(error)
    if name in RULES:
        return _(RULES[name])
    if "not null" in str(error.orig).lower():
        return _("a value is missing: %(column)s", column=error.orig)
    return _("the record names another one that does not exist, or is still named by another: check what it refers to")


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint that was broken; SQLite names those of references never, of uniqueness by columns."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        name: str | None = diagnosis.constraint_name
        return name
    if _SQLITE_TRIGGER.match(str(error.orig)):
        return str(error.orig)
    if check := _SQLITE_CHECK.search(str(error.orig)):
        return check[1]
    if unique := _SQLITE_UNIQUE.search(str(error.orig)):
        columns = [column.strip().split(".") for column in unique[1].split(",")]
        return "_".join(["uq", columns[0][0], *(column[-1] for column in columns)])
    return None
