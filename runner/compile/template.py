"""The Jinja environment: dbt's macros and blocks, and errors that name a file and a line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from runner.compile.template_cache import TemplateCache
from runner.errors import CompileError, Location, RunnerError
from runner.project.text_file import read_text

_TEST_BLOCK = re.compile(r"{%(-?)\s*(?:data_)?test\s+(\w+)\s*\(")
_COMMENT = re.compile(r"{#.*?#}", re.S)
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)")
_END_TEST = re.compile(r"{%(-?)\s*end(?:data_)?test\s*(-?)%}")

_MARKS = ("{{", "{%", "{#")


class MacroReturn(Exception):
    """`return(value)`, on its way out of the macro that said it."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Templates:
    """Templates of the project in `root`, sharing one set of globals and macros.

    A macro may call any other, whatever file it stands in: names are bound when called.
    """

    def __init__(
        self,
        context: Mapping[str, Any],
        cache: TemplateCache | None = None,
        macro_folders: Sequence[Path] = (),
        root: Path | None = None,
    ) -> None:
        self.cache = cache or TemplateCache(None)
        self._root = root
        self._macro_folders = macro_folders
        self.environment = jinja2.Environment(
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
            autoescape=False,  # this is SQL, not HTML
            keep_trailing_newline=False,
        )
        self.environment.globals.update(context)
        self.environment.globals["return"] = _return
        self.macros: dict[str, Callable[..., Any]] = {}
        self._paths: dict[str, Path] = {}

    def add_macros(self, path: Path) -> None:
        source = _as_macros(read_text(path))
        template = self._template(source, path)
        names = _MACRO.findall(_COMMENT.sub("", source))
        holder: dict[str, Any] = {}

        def bind(name: str) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                if "module" not in holder:  # made late, when every file's names are known
                    holder["module"] = template.make_module()
                try:
                    return getattr(holder["module"], name)(*args, **kwargs)
                except MacroReturn as returned:
                    return returned.value

            return call

        for name in names:
            self.macros[name] = bind(name)
            self.environment.globals[name] = self.macros[name]

    def render(self, source: str, path: Path, variables: Mapping[str, Any] | None = None) -> str:
        """Render one file's text; CompileError with the line where it went wrong."""
        if not any(mark in source for mark in _MARKS):
            return source.strip()
        template = self._template(source, path)
        try:
            return template.render(variables or {}).strip()
        except MacroReturn as returned:
            return str(returned.value)
        except RunnerError as error:
            if error.where is None or error.where.line is None:
                error.where = self._location(error, path)
            raise
        except jinja2.UndefinedError as error:
            raise CompileError(
                "R240",
                str(error.message or error),
                where=self._location(error, path),
                why="nothing of that name is a macro, a variable or a Jinja function here",
                mend="check the spelling; a macro of your own stands in a macro folder"
                + self._folders_in_words()
                + ", and dbt's packages are not read",
            ) from error
        except Exception as error:
            raise CompileError(
                "R241",
                f"{path.name} could not be rendered: {error}",
                where=self._location(error, path),
                why=type(error).__name__,
                mend="correct the Jinja expression",
            ) from error

    def _template(self, source: str, path: Path) -> jinja2.Template:
        name = self._name(path)
        self._paths[name] = path
        code = self.cache.get(name, source)
        try:
            # Jinja writes the name into Python's text as it stands, quotes and all
            unquoted = re.sub(r"""["'\\]""", "_", path.name)
            code = code or self.environment.compile(source, unquoted, name)
        except jinja2.TemplateSyntaxError as error:
            raise CompileError(
                "R242",
                f"broken Jinja in {path.name}: {error.message}",
                where=Location(path, error.lineno),
                mend="close the block or the quote that is open",
            ) from error
        self.cache.put(name, source, code)
        return jinja2.Template.from_code(
            self.environment, code, self.environment.make_globals(None)
        )

    def _name(self, path: Path) -> str:
        """As the project has it: what is kept of a template holds wherever the project stands."""
        if self._root is not None and path.is_relative_to(self._root):
            return path.relative_to(self._root).as_posix()
        return str(path)

    def _folders_in_words(self) -> str:
        named = " or ".join(str(Location(folder)) for folder in self._macro_folders)
        return f" ({named})" if named else ""

    def _location(self, error: BaseException, default: Path) -> Location:
        """The innermost template line of a traceback."""
        place = Location(default)
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename in self._paths:
                place = Location(self._paths[frame.filename], frame.lineno)
        return place


def _return(value: Any = None) -> Any:
    raise MacroReturn(value)


def _as_macros(source: str) -> str:
    """dbt's `{% test name(…) %}` is a macro called test_name."""
    return _END_TEST.sub(r"{%\1 endmacro \2%}", _TEST_BLOCK.sub(r"{%\1 macro test_\2(", source))
