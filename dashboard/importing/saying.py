"""What stands in the wizard's controls, made into what is said of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.importing import columns_table, meters_table, reading_table
from dashboard.importing.look import ANEW, Look
from ingest.files.detect import detect
from ingest.files.proposal import SURE
from store.records.plant.import_drafts import Draft
from store.scope import Scope

OF_TEXT = ("sheet", "encoding", "delimiter")  # parted another way, the file has other columns
Ids = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls as the browser tells them: ids and values of each kind."""

    entry_ids: Ids
    entries: Sequence[Any]
    column_ids: Ids
    quantities: Sequence[Any]
    units: Sequence[Any]
    meter_ids: Ids
    meters: Sequence[Any]
    profile_name: str | None  # a saved one, or `ANEW`


def said(scope: Scope, site_id: str, look: Look, controls: Controls) -> Draft:
    """What is said by the controls: what is another than was found, and what was asked.

    Raises:
        Refused: a meter is named that the site does not have.
    """
    chosen = controls.profile_name if controls.profile_name in look.saved else None
    if chosen != look.draft.profile_name and controls.profile_name:
        return Draft(profile_name=chosen or ANEW)
    meters = dict(look.draft.meters)
    if look.seen is not None:
        meters |= meters_table.told(controls.meter_ids, controls.meters, look.seen, meters_table.labels(scope, site_id))
    if chosen is not None or look.proposal is None:
        return Draft(look.draft.told, meters, look.draft.profile_name)
    entries = reading_table.told(controls.entry_ids, controls.entries)
    shown = {each.name: each for each in look.proposal.entries}
    of_text = {name: entries[name] for name in OF_TEXT if name in entries and name in look.draft.told}
    of_text |= {name: entries[name] for name in OF_TEXT if name in entries and entries[name] != shown[name].value}
    if any(name in shown and value != shown[name].value for name, value in of_text.items()):
        return Draft(of_text, {}, look.draft.profile_name)
    found = detect(look.path, look.zone, of_text)
    before = {each.name: each for each in found.entries}
    told = {
        name: value
        for name, value in entries.items()
        if name not in OF_TEXT and name in before and (value != before[name].value or before[name].sure < SURE)
    }
    return Draft(
        of_text | told | columns_table.told(found, controls.column_ids, controls.quantities, controls.units),
        meters,
        look.draft.profile_name,
    )
