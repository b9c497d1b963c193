"""The `loadstar` command: each sub-command is imported when it is typed, so that help and errors come at once."""

import importlib
import importlib.util
import sys
from typing import NamedTuple

import click

VERSION = "0.1.0"


class Command(NamedTuple):
    """Where a sub-command lives and what it does in a line."""

    module: str
    name: str
    help: str


COMMANDS = {
    "up": Command("cli.up", "up", "Start Loadstar and keep it running until Ctrl-C."),
    "down": Command("cli.status", "down", "Stop the Loadstar that runs from this state folder."),
    "status": Command("cli.status", "status", "Show each process, its port, age and memory."),
    "doctor": Command("cli.doctor", "doctor", "Say what is wrong with this machine, and what to do about it."),
    "user": Command("cli.people", "user", "Create people and reset their passwords."),
    "key": Command("cli.people", "key", "Create API keys for devices."),
    "import": Command("cli.imports", "import_file", "Import a file of history into the meters of a site."),
    "channels": Command("cli.channels", "channels", "List what agents call their values, and map it to meters."),
    "sources": Command("cli.sources", "sources", "List what is pulled from services, and have it asked now."),
    "jobs": Command("cli.jobs", "jobs", "List the work that takes long, cancel it, run it again."),
    "backup": Command("cli.backup", "backup", "Write everything that Loadstar keeps into one file, while it runs."),
    "restore": Command("cli.backup", "restore", "Put a backup into an empty Loadstar, or see that it is whole."),
    "migrate": Command("cli.migrate", "migrate", "Make or update the tables of both databases."),
    "bench": Command("bench.command", "bench", "Measure the figures that Loadstar promises."),
    "faults": Command("faults.command", "faults", "Kill every part under load, and count what was promised."),
    "soak": Command("bench.soak", "soak", "Post for an hour at half of what can be taken, and watch the memory."),
    "screens": Command("cli.screens", "screens", "Take a picture of every page."),
    "test": Command("cli.workshop", "test", "Run the tests; what this machine cannot run is skipped by name."),
    "lint": Command("cli.workshop", "lint", "Check style, types, security and the direction of imports."),
    "texts": Command("cli.texts", "texts", "Gather the texts that are marked for translation."),
    "audit": Command("cli.supply", "audit", "Compare the locked packages with known advisories."),
    "sbom": Command("cli.supply", "sbom", "Write a bill of materials of every package that runs."),
    "lock": Command("cli.workshop", "lock", "Write the lock files from pyproject.toml."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table, of what is there."""
        return [name for name, command in COMMANDS.items() if importlib.util.find_spec(command.module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        place = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(place.module), place.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> object:
        """Run; what is wrong with a setting is one line, not a traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            settings = sys.modules.get("config.settings")
            if settings and isinstance(error, settings.SettingsError):
                raise click.ClickException(str(error)) from None
            raise


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version=VERSION, prog_name="Loadstar")
def loadstar() -> None:
    """Loadstar, the open energy operations room."""
