"""Options several commands share, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from runner.config import Config

_F = TypeVar("_F", bound=Callable[..., Any])


def project_options(function: _F) -> _F:
    """--project-dir, --target, --var."""
    for option in (
        click.option(
            "--var",
            "variables",
            metavar="NAME=VALUE",
            multiple=True,
            help="Set a var for this run; may be repeated.",
        ),
        click.option("-t", "--target", metavar="NAME", help="The configured target to use."),
        click.option(
            "--project-dir",
            type=click.Path(path_type=Path),
            default=Path(),
            help="The project's folder, or one inside it.  [default: here]",
        ),
    ):
        function = option(function)
    return function


def wait_option(function: _F) -> _F:
    return click.option(
        "--wait",
        "wait_seconds",
        type=click.FloatRange(min=0),
        default=0,
        metavar="SECONDS",
        help="Wait this long while another process holds the database.",
    )(function)


class SelectCommand(click.Command):
    """Takes `--select a b` as dbt does: several values after one option."""

    _MANY = ("-s", "--select", "--exclude")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        option: str | None = None
        taken = 0
        for word in args:
            if word.startswith("-") and word != "-":
                option, taken = (word, 0) if word in self._MANY else (None, 0)
                spread.append(word)
            elif option is not None:
                spread += [word] if taken == 0 else [option, word]
                taken += 1
            else:
                spread.append(word)
        return super().parse_args(ctx, spread)


class SelectGroup(SelectCommand, click.Group):
    """A group that does something of its own when no command of it is named."""


def select_options(function: _F) -> _F:
    for option in (
        click.option(
            "--exclude", multiple=True, metavar="SELECTOR", help="Leave these out of the selection."
        ),
        click.option(
            "-s",
            "--select",
            multiple=True,
            metavar="SELECTOR",
            help="As dbt's: name, +name+, tag:x, path:models/pnl, state:modified; also fqn:, "
            "file:, source:, resource_type:, package: and config.x:.",
        ),
    ):
        function = option(function)
    return function


def as_of_option(function: _F) -> _F:
    return click.option(
        "--as-of",
        "as_of",
        metavar="MOMENT",
        help="As the ledger was known then: 2026-03-02, or with a time (UTC, or with its offset).",
    )(function)


def state_option(function: _F) -> _F:
    return click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        help="Compare state:modified with this folder's manifest.json.",
    )(function)


def format_option(default: str = "table") -> Callable[[_F], _F]:
    return click.option(
        "--format",
        "format_name",
        default=default,
        show_default=True,
        type=click.Choice(["table", "json", "ndjson", "csv", "markdown", "parquet"]),
        help="How to write the answer.",
    )


def output_option(function: _F) -> _F:
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the answer to this file instead of stdout.",
    )(function)


def load_as_of(
    project_dir: Path,
    variables: Iterable[str],
    target: str | None,
    as_of: str | None,
    wait_seconds: float,
) -> Config:
    """The project's settings; of the ledger as it was known at `as_of`, where one is given."""
    config = load(project_dir, variables)
    if as_of is None:
        return config
    from runner.build.as_of import at_moment

    return at_moment(config, target, as_of, wait_seconds)


def load(project_dir: Path, variables: Iterable[str]) -> Config:
    from runner.config import load_config

    return load_config(project_dir, parse_vars(variables))


def parse_vars(pairs: Iterable[str]) -> dict[str, Any]:
    """`name=value` words; a value is read as YAML reads it, so 3 is a number and [a] a list."""
    from runner.errors import UsageError

    found = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name:
            raise UsageError(
                "R200", f"--var {pair} is not NAME=VALUE", mend="write --var pnl_method=fifo"
            )
        import yaml

        from runner.project.yaml_file import read_value

        try:
            found[name] = read_value(text)
        # a date that does not exist is a ValueError
        except (yaml.YAMLError, ValueError) as error:
            raise UsageError(
                "R200",
                f"--var {name} has no readable value: {text}",
                why=str(error).splitlines()[0],
            ) from error
    return found
