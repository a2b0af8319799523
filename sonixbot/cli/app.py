"""App: the commands, their words and options; what they do is in the modules beside."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer

from sonixbot.cli import (
    checking,
    configuration,
    demo,
    outbox,
    paths,
    protocol,
    running,
    sending,
)
from sonixbot.cli.terminal import Terminal
from sonixbot.cli.usage import Command, Group, mistake
from sonixbot.errors import Problem

WRONG_USE: Final = 2


def _(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar=_("FILE"),
        help=_("The configuration; without it, it is looked for as `sonixbot paths` tells."),
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help=_("Print one JSON object and nothing else."))]
Number = Annotated[str, typer.Argument(metavar=_("NUMBER"), help=_("As `sonixbot outbox` tells."))]


def carry_out(arguments: Sequence[str] | None, terminal: Terminal) -> int:
    """Carry out one command line; return its exit code."""
    command = typer.main.get_command(_app())
    try:
        code = command.main(
            arguments if arguments is None else list(arguments),
            prog_name="sonixbot",
            standalone_mode=False,
            obj=terminal,
        )
    except typer.TyperException as error:
        if said := mistake(error):
            terminal.note(said, "red")
        return WRONG_USE
    except Problem as problem:
        terminal.complain(problem)
        return WRONG_USE
    except typer.Abort:
        return 1
    return code if isinstance(code, int) else 0


def _app() -> typer.Typer:
    settings: dict[str, Any] = {
        "add_completion": False,
        "rich_markup_mode": "rich",
        "cls": Group,
        "context_settings": {"help_option_names": ["-h", "--help"]},
    }
    app = typer.Typer(
        **settings,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help=_("Tells the people around a neutron instrument what its measurement protocol says."),
    )
    app.callback()(above)
    app.command(
        cls=Command,
        help=_("Read the protocol, alert, deliver and answer, until Ctrl-C or SIGTERM."),
    )(run)
    app.command(
        cls=Command,
        help=_("Try everything for real: configuration, protocol, folders, Telegram, mail."),
    )(check)
    app.command("demo", cls=Command, help=_("See it at work in a browser, without any account."))(
        show_demo
    )
    app.command(cls=Command, help=_("Send a text to all recipients."))(send)
    app.command("protocol", cls=Command, help=_("Show how a protocol file is read."))(read)
    app.command(cls=Command, hidden=True, help=_("Deliver what waits, and end."))(deliver)
    app.command("paths", cls=Command, help=_("Show where everything lies."))(show_paths)

    letters = typer.Typer(**settings, invoke_without_command=True)
    letters.callback(help=_("Show what waits, what was given up, and why."))(list_outbox)
    letters.command("show", cls=Command, help=_("Show one message on its way."))(show_delivery)
    letters.command("retry", cls=Command, help=_("Try again, at once."))(retry_delivery)
    letters.command("drop", cls=Command, help=_("Give a message up."))(drop_delivery)
    app.add_typer(letters, name="outbox")

    config = typer.Typer(**settings, no_args_is_help=True, help=_("About the configuration file."))
    config.callback()(lambda: None)  # else its only command would stand in its place
    config.command("schema", cls=Command, help=_("Print its JSON schema, for editors."))(schema)
    app.add_typer(config, name="config")
    return app


def _tell_version(ctx: typer.Context, *, wanted: bool) -> None:
    if wanted:
        ctx.obj.print(f"sonixbot {version('sonixbot')}")
        raise typer.Exit


def above(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help=_("Show the version and exit.")
        ),
    ] = False,
) -> None:
    """What stands before every command."""


def run(
    ctx: typer.Context,
    *,
    config: Config = None,
    until_stdin_closes: Annotated[
        bool,
        typer.Option(
            "--until-stdin-closes",
            help=_("End when the standard input closes, as it does when the parent dies."),
        ),
    ] = False,
) -> None:
    """Run the service."""
    running.run(ctx.obj, config, until_stdin_closes=until_stdin_closes)


def check(
    ctx: typer.Context,
    *,
    config: Config = None,
    test: Annotated[
        bool,
        typer.Option("--send", help=_("Also send a test to the channel and to every recipient.")),
    ] = False,
) -> None:
    """Try everything."""
    checking.check(ctx.obj, config, send=test)


def show_demo(
    ctx: typer.Context,
    *,
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol",
            metavar=_("FILE"),
            help=_("An own protocol instead of the simulated instrument; it is only read."),
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="en|ru", help=_("Without it the computer's.")),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            "--speed",
            metavar=_("TIMES"),
            help=_("How fast its clock runs: 60 is an hour a minute."),
        ),
    ] = 1.0,
    layout: Annotated[
        str,
        typer.Option("--layout", metavar=_("LAYOUT"), help=_("As in `sonixbot protocol`.")),
    ] = "auto",
    encoding: Annotated[
        str,
        typer.Option("--encoding", metavar=_("NAME"), help="auto, utf-8, cp1251, cp866"),
    ] = "auto",
    duration: Annotated[
        str | None,
        typer.Option("--for", metavar=_("TIME"), help=_("End by itself after that: 30s, 2m.")),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar=_("NUMBER"), help=_("Play the same story as another time.")),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar=_("NUMBER"), help=_("Of the page; 0: any free one."))
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help=_("Open no browser; tell the story here."))
    ] = False,
) -> None:
    """Show the demo."""
    asked = demo.wish(
        ctx.obj,
        spoken=language,
        speed=speed,
        duration=duration,
        port=port,
        browser=not no_browser,
        protocol=protocol,
        layout=layout,
        encoding=encoding,
        seed=seed,
    )
    demo.run(ctx.obj, asked)


def send(
    ctx: typer.Context,
    text: Annotated[
        str,
        typer.Argument(metavar=_("TEXT"), help=_("What to say; - reads it from standard input.")),
    ],
    *,
    config: Config = None,
    file: Annotated[
        str | None,
        typer.Option("--file", metavar=_("FILE"), help=_("A file to go with it.")),
    ] = None,
    picture: Annotated[
        str | None,
        typer.Option("--picture", metavar=_("FILE"), help=_("A picture to go with it.")),
    ] = None,
    silent: Annotated[bool, typer.Option("--silent", help=_("Deliver without a sound."))] = False,
    mail: Annotated[bool, typer.Option("--mail", help=_("By mail alone."))] = False,
    telegram: Annotated[bool, typer.Option("--telegram", help=_("By Telegram alone."))] = False,
    wait: Annotated[
        str | None,
        typer.Option(
            "--wait",
            metavar=_("SECONDS"),
            help=_("Wait so long for the result: 30, 2m."),
        ),
    ] = None,
) -> None:
    """Send a text."""
    way = sending.way(mail=mail, telegram=telegram)
    sending.send(ctx.obj, text, config, way, file=file, picture=picture, silent=silent, wait=wait)


def read(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar=_("FILE"), help=_("The protocol."))],
    *,
    config: Config = None,
    layout: Annotated[
        str | None,
        typer.Option(
            "--layout",
            metavar=_("LAYOUT"),
            help=_(
                "How lines are written: auto, a built-in layout's name, or an own layout as JSON or"
                " as a file with JSON, to try it before it becomes protocol.format of the"
                " configuration."
            ),
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", metavar=_("NAME"), help="auto, utf-8, cp1251, cp866…"),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            "--time-zone",
            metavar=_("ZONE"),
            help=_("Zone of its times, such as Europe/Moscow; without it the computer's."),
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", help=_("Go on with what is written from now on, until Ctrl-C.")),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how a protocol is read."""
    found = protocol.configured(ctx.obj, config)
    how = protocol.reading(layout, encoding, time_zone, found)
    protocol.show(ctx.obj, file, how, follow=follow, as_json=as_json)


def deliver(ctx: typer.Context, config: Config = None) -> None:
    """Deliver what scripts left while no service runs."""
    running.deliver(ctx.obj, config)


def list_outbox(
    ctx: typer.Context,
    *,
    config: Config = None,
    everything: Annotated[
        bool, typer.Option("--all", help=_("Also what was sent and dropped."))
    ] = False,
    as_json: Json = False,
) -> None:
    """List the outbox, unless a command below does something else."""
    if ctx.invoked_subcommand is None:
        outbox.listing(ctx.obj, config, everything=everything, as_json=as_json)


def show_delivery(ctx: typer.Context, number: Number, config: Config = None) -> None:
    """Show one delivery."""
    outbox.show(ctx.obj, _named(ctx, config), number)


def retry_delivery(
    ctx: typer.Context,
    number: Annotated[
        str,
        typer.Argument(metavar=_("NUMBER|all"), help=_("One of them, or all that was given up.")),
    ],
    config: Config = None,
) -> None:
    """Try one delivery, or all that were buried, again."""
    outbox.retry(ctx.obj, _named(ctx, config), number)


def drop_delivery(ctx: typer.Context, number: Number, config: Config = None) -> None:
    """Take one delivery out."""
    outbox.drop(ctx.obj, _named(ctx, config), number)


def _named(ctx: typer.Context, config: str | None) -> str | None:
    """The configuration named after the command, or after the one above it."""
    above = ctx.parent.params.get("config") if ctx.parent else None
    return config or above


def schema(ctx: typer.Context) -> None:
    """Print the schema."""
    configuration.schema(ctx.obj)


def show_paths(ctx: typer.Context, config: Config = None) -> None:
    """Show the places."""
    paths.show(ctx.obj, config)
