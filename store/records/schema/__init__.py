"""The tables of the records. Times are UTC; ids are text made by `store.ids`."""

from store.records.schema.access import Grant
from store.records.schema.metering import ApiKey, Device, DeviceField, EnergySource, Meter, VirtualTerm
from store.records.schema.people import Organisation, User
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
    "Grant",
    "LastValue",
    "Meter",
    "Node",
    "OneTimeLink",
    "Organisation",
    "Region",
    "Session",
    "Site",
    "Tariff",
    "User",
    "Version",
    "VirtualTerm",
]
