"""`loadstar channels`: what agents call their values, and the meters and quantities that they are mapped to."""

from typing import TYPE_CHECKING

import click

from cli import named, table
from cli.people import plain_words

if TYPE_CHECKING:
    from store.records.schema import Channel

STATES = ("waiting", "mapped", "ignored")
MOST = 200
HEADS = ("ID", "Channel", "Road", "Last value", "Last heard", "Is")


@click.group()
def channels() -> None:
    """List what agents call their values; map a channel to a meter and a quantity, or ignore it."""


@channels.command("list")
@click.option("--site", "site_name", required=True, metavar="NAME", help="Whose channels, by name or id.")
@click.option("--state", type=click.Choice(STATES), help="Only those that are so.")
@click.option("--search", default="", help="Only those with this in their names.")
def list_them(site_name: str, state: str | None, search: str) -> None:
    """List a site's channels."""
    from store.records.plant import channels as records
    from store.records.plant import meters
    from store.records.schema.listing import Wanted
    from store.scope import SYSTEM

    with plain_words():
        site = named.site(site_name)
        page = records.channels_page(SYSTEM, site.id, Wanted(search=search, sort="full_name", count=MOST), state=state)
        names = meters.names_of(SYSTEM, site.id, [each.meter_id for each in page.rows if each.meter_id])
    if page.rows:
        table.show(HEADS, (_row(each, names) for each in page.rows))
    if page.total > len(page.rows):
        click.echo(f"… and {page.total - len(page.rows):,} more; --search narrows them down.")
    if not page.rows:
        click.echo("No channels.")


@channels.command("map")
@click.argument("channel_id")
@click.option("--meter", "meter_name", required=True, metavar="NAME", help="Of the channel's site, by name or id.")
@click.option("--quantity", required=True, help="What its values measure, for instance power_kw.")
@click.option("--unit", help="That they come in; the quantity's own when none is given.")
@click.option(
    "--interval", "interval_s", type=int, help="Seconds that a value is of, up to its moment; none for samples and counters."
)
def map_it(channel_id: str, meter_name: str, quantity: str, unit: str | None, interval_s: int | None) -> None:
    """Say what a channel means; what waits of it is stored within a minute."""
    from store.records.plant import channels as records
    from store.scope import SYSTEM

    with plain_words():
        meter = named.meter(records.require_channel(SYSTEM, channel_id).site_id, meter_name)
        records.map_channel(SYSTEM, channel_id, meter_id=meter.id, quantity=quantity, unit=unit, interval_s=interval_s)
    click.echo(f"{channel_id} is {quantity} of {meter.name}.")


@channels.command()
@click.argument("channel_id")
def ignore(channel_id: str) -> None:
    """Say that a channel's values are not wanted: they are taken and dropped."""
    from store.records.plant import channels as records
    from store.scope import SYSTEM

    with plain_words():
        records.ignore(SYSTEM, channel_id)
    click.echo(f"{channel_id} is ignored.")


@channels.command()
@click.argument("channel_id")
def unmap(channel_id: str) -> None:
    """Say that a channel means nothing yet: its values wait from now on."""
    from store.records.plant import channels as records
    from store.scope import SYSTEM

    with plain_words():
        records.unmap(SYSTEM, channel_id)
    click.echo(f"{channel_id} waits.")


def _row(channel: "Channel", names: dict[str, str]) -> tuple[str, ...]:
    if channel.meter_id:
        state = f"{channel.quantity} of {names.get(channel.meter_id, channel.meter_id)}" + (
            f", in {channel.unit}" if channel.unit else ""
        )
    else:
        state = "ignored" if channel.ignored else "waiting"
    value = "–" if channel.last_value is None else f"{channel.last_value:g}"
    return channel.id, channel.full_name, channel.road, value, f"{channel.last_seen:%Y-%m-%d %H:%M:%S}Z", state
