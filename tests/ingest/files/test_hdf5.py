"""HDF5 is read as columns of numbers, as pandas and programs lay them out; nothing in it is run, nothing outside it opened."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ingest.files.content import UnreadableFile
from tests.ingest.files.reading import close, proposed, read, utc

START = int(np.datetime64("2025-01-01T00:00", "us").astype(np.int64))
STEPS = START + np.arange(192, dtype=np.int64) * 900_000_000
HALL, YARD = np.round(np.random.default_rng(3).random(192), 3), np.ones(192)
NAMES = np.array([b"Hall kWh", b"Yard kWh"])


def _fixed(file: h5py.File, unit: str = "us", tz: str = "Europe/Berlin") -> None:
    group = file.create_group("f")
    group.attrs["pandas_type"] = np.bytes_("frame")
    group["axis0"], group["block0_items"] = NAMES, NAMES
    group["axis1"] = STEPS * (1000 if unit == "" else 1)
    group["axis1"].attrs["kind"] = np.bytes_(f"datetime64[{unit}]" if unit else "datetime64")
    group["axis1"].attrs["tz"] = np.bytes_(tz)
    group["block0_values"] = np.column_stack([HALL, YARD])


def _table(file: h5py.File) -> None:
    group = file.create_group("f")
    group.attrs["pandas_type"] = np.bytes_("frame_table")
    rows = np.zeros(192, dtype=[("index", "<i8"), ("values_block_0", "<f8", (2,))])
    rows["index"], rows["values_block_0"] = STEPS, np.column_stack([HALL, YARD])
    table = group.create_dataset("table", data=rows, chunks=(64,), compression="gzip")
    table.attrs["index_kind"] = np.bytes_("datetime64[us]")
    table.attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(["Hall kWh", "Yard kWh"], protocol=0))
    file.create_group("f/_i_table").create_dataset("sorted", data=np.zeros((0, 4)))


def _side_by_side(file: h5py.File) -> None:
    file["time"], file["Hall kWh"], file["Yard kWh"] = STEPS / 1e6, HALL, YARD
    file["note"] = 5  # of another shape


@pytest.mark.parametrize("lay", [_fixed, lambda file: _fixed(file, unit="", tz="UTC"), _table, _side_by_side])
def test_frames_of_pandas_and_columns_side_by_side_are_the_same_readings(
    tmp_path: Path, lay: Callable[[h5py.File], None]
) -> None:
    path = tmp_path / "file"
    with h5py.File(path, "w") as file:
        lay(file)
    proposal = proposed(path, "UTC")
    assert proposal.profile.container == "hdf5"
    found = read(path, proposal.profile)
    assert len(found.readings) == 384 and close(found.total("Hall kWh"), float(HALL.sum())) and found.total("Yard kWh") == 192
    assert found.readings[0][3] in (utc(2025, 1, 1), utc(2025, 1, 1, 0, 15)) and found.readings[0][4] == 900


def test_each_group_of_equal_columns_is_a_meter(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "file", "w") as file:
        for meter, factor in (("m1", 1), ("m2", 2)):
            group = file.create_group(f"building1/{meter}")
            group["time"], group["power_kw"] = STEPS // 1_000_000, HALL * factor
    found = read(tmp_path / "file", zone="UTC")
    assert close(found.total("/building1/m2"), 2 * found.total("/building1/m1")) and len(found.readings) == 384


class _Runs:
    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('a file was run')",))


def _pickled(file: h5py.File) -> None:
    _table(file)
    del file["f/table"].attrs["values_block_0_kind"]
    file["f/table"].attrs["values_block_0_kind"] = np.bytes_(pickle.dumps([_Runs()], protocol=0))


def test_a_pickle_in_a_file_is_never_loaded(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "file", "w") as file:
        _pickled(file)
    assert proposed(tmp_path / "file", "UTC").heads == ("index", "values_block_0 1", "values_block_0 2")


def _links_out(file: h5py.File) -> None:
    file["time"] = STEPS // 1_000_000
    file["values"] = h5py.ExternalLink("/etc/hosts", "/")
    file["soft"] = h5py.SoftLink("/time")


def _lies_elsewhere(file: h5py.File) -> None:
    file.create_dataset("time", shape=(4,), dtype="<i8", external=[("/etc/hostname", 0, 32)])
    file["kWh"] = np.ones(4)


def _is_made_of_others(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="<i8")
    layout[:] = h5py.VirtualSource("/etc/hosts", "x", shape=(4,))
    file.create_virtual_dataset("time", layout)
    file["kWh"] = np.ones(4)


def _holds_no_numbers(file: h5py.File) -> None:
    file["names"] = np.array([b"a", b"b"])


@pytest.mark.parametrize("lay", [_links_out, _lies_elsewhere, _is_made_of_others, _holds_no_numbers])
def test_what_points_out_of_the_file_or_holds_no_readings_is_refused_in_words(
    tmp_path: Path, lay: Callable[[h5py.File], None]
) -> None:
    with h5py.File(tmp_path / "file", "w") as file:
        lay(file)
    with pytest.raises(UnreadableFile):
        proposed(tmp_path / "file", "UTC")


@pytest.mark.parametrize("cut", [40, 600, 3000])
def test_a_file_that_was_cut_is_refused_in_words(tmp_path: Path, cut: int) -> None:
    with h5py.File(tmp_path / "whole", "w") as file:
        _fixed(file)
    (tmp_path / "file").write_bytes((tmp_path / "whole").read_bytes()[:cut])
    with pytest.raises(UnreadableFile):
        read(tmp_path / "file")
