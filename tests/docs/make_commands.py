"""Write docs/commands.md from the commands' own help: `python -m tests.docs.make_commands`."""

from __future__ import annotations

from pathlib import Path

import click
from click.testing import CliRunner

from runner.cli.main import cli

PAGE = Path(__file__).parent.parent.parent / "docs" / "commands.md"
_HEAD = """\
# Commands

Made from each command's own `--help`; `runner COMMAND --help` prints the same.

Exit status: 0 done; 1 a check or a unit test failed (of `build`: and nothing was published),
`ingest --strict` met rows that it cannot take, or the answer is no (`diff`, `migrate verify`,
`reconcile`, `replay`, `verify`); 2 usage or configuration; 3 the database refused or failed; 101 a
bug; 130 interrupted. Answers go to stdout, everything else to stderr. `NO_COLOR` is respected, and
without a terminal there is neither colour nor animation.
"""


def page() -> str:
    parts = [_HEAD]
    context = click.Context(cli, info_name="runner")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        parts.append(_section([name]))
        if isinstance(command, click.Group):
            parts += [_section([name, inner]) for inner in sorted(command.commands)]
    return "\n".join(parts)


def _section(words: list[str]) -> str:
    shown = CliRunner().invoke(
        cli, [*words, "--help"], prog_name="runner", terminal_width=100, max_content_width=100
    )
    assert shown.exit_code == 0, shown.output
    return f"## runner {' '.join(words)}\n\n```text\n{shown.output.rstrip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
