"""The command line: each command's module is imported when it is called, not before."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import click

from runner import __version__

if TYPE_CHECKING:
    from runner.errors import RunnerError

_COMMANDS = {
    "audit": "Answer the named questions of an auditor, and pack evidence.",
    "build": "Build, check and publish the derived tables.",
    "check": "Run the checks on what is published.",
    "compile": "Print a model's SQL as an engine runs it.",
    "diff": "Compare two builds, table by table.",
    "ingest": "Append facts from a file.",
    "init": "Start a new ledger project.",
    "ls": "List models, seeds and sources.",
    "migrate": "Move the database's schema up or down.",
    "quarantine": "Rows that ingest refused: list, show, retry.",
    "query": "Answer a question in SQL, read-only.",
    "replay": "Fold orders from their facts, and compare.",
    "reconcile": "Compare with what venues state, and settle breaks.",
    "show": "Show the rows of a published table.",
    "trace": "Tell the whole story of an order.",
    "verify": "Prove that the facts are what was appended.",
    "test": "Run the unit tests of models.",
}

# what others call them
_ELSEWHERE = {
    "run": "build",
    "seed": "build",
    "plan": "build --dry-run",
    "list": "ls",
    "load": "ingest",
    "import": "ingest",
}


class LazyGroup(click.Group):
    """Knows every command's name and help; loads one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        import importlib

        module = importlib.import_module(f"runner.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from runner.errors import nearest

            near = _ELSEWHERE.get(args[0]) or nearest(args[0], set(_COMMANDS))
            ctx.fail(
                f"There is no command '{args[0]}'." + (f" Did you mean '{near}'?" if near else "")
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="runner")
def cli() -> None:
    """The order ledger: append-only facts in, checked and exact costs and PnL out.

    Exit status: 0 done; 1 checks failed and nothing was published, or the
    answer is no; 2 usage or configuration; 3 the database refused or failed;
    101 a bug; 130 interrupted.
    """


def main(args: list[str] | None = None) -> None:
    # a project's tens of thousands of nodes live to the end: looking for garbage among them again
    # and again is a tenth of a short command's time
    gc.set_threshold(100_000, 20, 100)
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """Run one command line; the exit status."""
    from runner.cli.console import say, system_error
    from runner.errors import RunnerError

    try:
        outcome: Any = cli.main(args=args, standalone_mode=False)
        return int(outcome) if isinstance(outcome, int) else 0
    except RunnerError as error:
        say(str(error))
        return error.exit_code
    except click.exceptions.Abort:
        return _interrupted()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SystemExit as left:
        # click's way out when whoever read our output has had enough of it
        return 0 if left.code == 1 else int(left.code or 0)
    except BrokenPipeError:
        # whoever read our output has had enough of it
        sys.stdout = None
        return 0
    except KeyboardInterrupt:
        return _interrupted()
    except RuntimeError as error:
        # DuckDB's word for a Ctrl-C that came while it ran
        if str(error) != "Query interrupted":
            return _bug(error)
        return _interrupted()
    except OSError as error:
        say(str(system_error(error)))
        return 3
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "runner":
            return _bug(error)
        lacking = _lacking(error.name)
        say(str(lacking))
        return lacking.exit_code
    except Exception as error:
        return _bug(error)


def _interrupted() -> int:
    from runner.cli.console import say
    from runner.engines.commits import COMMITS

    say(f"interrupted; {COMMITS.outcome()}")
    return 130


def _lacking(module: str) -> RunnerError:
    from runner.errors import UsageError

    return UsageError(
        "R216",
        f"the Python module {module} is not installed",
        why=f"sot-runner needs it, and {sys.executable} does not have it",
        mend="install sot-runner again with that Python, which brings all it needs: "
        f"{sys.executable} -m pip install …",
    )


def _bug(error: Exception) -> int:
    import traceback

    from runner.cli.console import say
    from runner.engines.commits import COMMITS

    traceback.print_exc()
    say(
        f"error[R900]: a bug in the runner: {type(error).__name__}: {error}\n"
        f"  mend:  please report it with the lines above; {COMMITS.outcome()}"
    )
    return 101
