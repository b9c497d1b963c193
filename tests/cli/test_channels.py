"""`loadstar channels`: what an agent calls its values is listed, mapped, ignored and let wait from the command line."""

from pathlib import Path

from click.testing import CliRunner, Result

from cli.channels import channels
from store.records.plant import channels as records
from store.records.plant import sites
from store.records.plant.channels import Source
from store.scope import SYSTEM
from tests.cli.test_imports import hall as hall

ACTIVE, VOLTAGE = "power_meter,phase=l1 active", "power_meter,phase=l1 voltage"


def _typed(*words: str) -> Result:
    return CliRunner().invoke(channels, words)


def _ids() -> dict[str, str]:
    records.known(SYSTEM, Source(sites.visible_sites(SYSTEM)[0].id), "lines", [ACTIVE, VOLTAGE])
    listed = _typed("list", "--site", "Works").output.splitlines()[1:]
    return {name: line.split()[0] for name in (ACTIVE, VOLTAGE) for line in listed if name in line}


def test_a_channel_waits_is_mapped_ignored_and_waits_again(hall: str, tmp_path: Path) -> None:
    assert _typed("list", "--site", "Works").output == "No channels.\n"
    ids = _ids()
    assert _typed("map", ids[ACTIVE], "--meter", "hall", "--quantity", "power_kw", "--unit", "W").output == (
        f"{ids[ACTIVE]} is power_kw of Hall.\n"
    )
    assert _typed("ignore", ids[VOLTAGE]).output == f"{ids[VOLTAGE]} is ignored.\n"
    shown = _typed("list", "--site", "Works").output.splitlines()
    assert [line.split("Z  ")[1] for line in shown[1:] if "Z  " in line] == ["power_kw of Hall, in W", "ignored"]
    assert ACTIVE in _typed("list", "--site", "Works", "--state", "mapped").output
    assert ACTIVE not in _typed("list", "--site", "Works", "--search", "voltage").output
    assert _typed("unmap", ids[ACTIVE]).output == f"{ids[ACTIVE]} waits.\n"
    assert ACTIVE in _typed("list", "--site", "Works", "--state", "waiting").output


def test_what_cannot_be_meant_is_refused_in_words(hall: str, tmp_path: Path) -> None:
    ids = _ids()
    for wrong, words in (
        (("map", ids[ACTIVE], "--meter", "hall", "--quantity", "watts"), "No quantity 'watts'"),
        (("map", ids[ACTIVE], "--meter", "attic", "--quantity", "power_kw"), "No meter attic"),
        (("ignore", "chn_unknown"), "chn_unknown"),
        (("list", "--site", "Nowhere"), "No site Nowhere"),
    ):
        done = _typed(*wrong)
        assert done.exit_code == 1 and words in done.output, done.output
