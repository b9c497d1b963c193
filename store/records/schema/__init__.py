"""The tables of the records. Times are UTC; ids are text made by `store.ids`."""

from store.records.schema.access import Grant, Request
from store.records.schema.audit import AuditEntry, AuditHead, PersonKey
from store.records.schema.boards import Dashboard
from store.records.schema.brokers import Broker, BrokerSource, BrokerState
from store.records.schema.buildings import Budget, Building
from store.records.schema.calendars import CalendarPeriod, SiteCalendar
from store.records.schema.channels import Channel
from store.records.schema.emissions import EmissionFactor
from store.records.schema.imports import FileImport, ImportDraft, ImportProfile, Upload
from store.records.schema.jobs import Job, Lease
from store.records.schema.mail import Mail
from store.records.schema.metering import (
    ApiKey,
    Device,
    DeviceField,
    EnergySource,
    FlagThreshold,
    Meter,
    Restatement,
    VirtualTerm,
)
from store.records.schema.people import (
    Entity,
    Household,
    Invitation,
    NotificationPreference,
    Organisation,
    Picture,
    User,
)
from store.records.schema.plant import Edge, Node, Region, Site, SiteLimit, Tariff
from store.records.schema.pull_sources import PullSource
from store.records.schema.received import ReceivedRequest, WatchedSource
from store.records.schema.refused import RefusedBeyond, RefusedReading
from store.records.schema.reports import Report, ReportRecipient, ReportSchedule
from store.records.schema.signin import Attempt, Identity, OneTimeLink, PersonalToken, Session, TokenFamily, TwoFactor
from store.records.schema.state import DeviceActivity, LastValue, Version

__all__ = [
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "AuditHead",
    "Broker",
    "BrokerSource",
    "BrokerState",
    "Budget",
    "Building",
    "CalendarPeriod",
    "Channel",
    "Dashboard",
    "Device",
    "DeviceActivity",
    "DeviceField",
    "Edge",
    "EmissionFactor",
    "EnergySource",
    "Entity",
    "FileImport",
    "FlagThreshold",
    "Grant",
    "Household",
    "Identity",
    "ImportDraft",
    "ImportProfile",
    "Invitation",
    "Job",
    "LastValue",
    "Lease",
    "Mail",
    "Meter",
    "Node",
    "NotificationPreference",
    "OneTimeLink",
    "Organisation",
    "PersonKey",
    "PersonalToken",
    "Picture",
    "PullSource",
    "ReceivedRequest",
    "RefusedBeyond",
    "RefusedReading",
    "Region",
    "Report",
    "ReportRecipient",
    "ReportSchedule",
    "Request",
    "Restatement",
    "Session",
    "Site",
    "SiteCalendar",
    "SiteLimit",
    "Tariff",
    "TokenFamily",
    "TwoFactor",
    "Upload",
    "User",
    "Version",
    "VirtualTerm",
    "WatchedSource",
]
