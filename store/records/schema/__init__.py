"""The tables of the records. Times are UTC; ids are text made by `store.ids`."""

from store.records.schema.access import Grant, Request
from store.records.schema.metering import ApiKey, Device, DeviceField, EnergySource, Meter, VirtualTerm
from store.records.schema.people import (
    Entity,
    Household,
    Invitation,
    NotificationPreference,
    Organisation,
    Picture,
    User,
)
from store.records.schema.plant import Edge, Node, Region, Site, Tariff
from store.records.schema.signin import Attempt, OneTimeLink, Session
from store.records.schema.state import DeviceActivity, LastValue, Version

__all__ = [
    "ApiKey",
    "Attempt",
    "Device",
    "DeviceActivity",
    "DeviceField",
    "Edge",
    "EnergySource",
    "Entity",
    "Grant",
    "Household",
    "Invitation",
    "LastValue",
    "Meter",
    "Node",
    "NotificationPreference",
    "OneTimeLink",
    "Organisation",
    "Picture",
    "Region",
    "Request",
    "Session",
    "Site",
    "Tariff",
    "User",
    "Version",
    "VirtualTerm",
]
