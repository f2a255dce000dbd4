"""YAML with line numbers: every mapping remembers where it and each of its keys stand."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from runner.errors import Location, ProjectError
from runner.project.text_file import read_text
from runner.written import Written

_TEXT = "tag:yaml.org,2002:str"
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times faster


class LineMap(dict[str, Any]):
    """A mapping that knows its 1-based line, and each key's."""

    line: int = 0
    lines: dict[str, int]

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class _Loader(_Base):  # type: ignore[misc]
    def construct_line_map(self, node: Any) -> Any:
        found = LineMap()
        found.line = node.start_mark.line + 1
        found.lines = {}
        yield found
        self.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = self._constructed(key_node)
            line = key_node.start_mark.line + 1
            if key in found:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            found.lines[str(key)] = line
            found[key] = self._constructed(value_node)

    def _constructed(self, node: Any) -> Any:
        # most of a project's YAML is plain text, and constructing objects is what costs time
        return node.value if node.tag == _TEXT else self.construct_object(node, deep=True)

    def construct_written(self, node: Any) -> float:
        text = str(node.value)
        # 1:30.5 is a number of base 60 to YAML
        return self.construct_yaml_float(node) if ":" in text else Written(text)


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_line_map)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_written)
# on and off are words in this field, not booleans; dates in YAML are text to us
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


class _ExactLoader(_Loader):
    """Likewise, and a number with a point is a Decimal of its digits."""

    def construct_decimal(self, node: Any) -> Decimal:
        written = str(node.value).replace("_", "").lower()
        return Decimal(written.replace(".inf", "inf").replace(".nan", "nan"))


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _ExactLoader.construct_decimal)
# 5e-3 is a number here, as it is in JSON; YAML takes it for text, which a database would round
_ExactLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+[eE][-+]?\d+$"), list("-+0123456789")
)


class _ValueLoader(_Base):  # type: ignore[misc]
    construct_written = _Loader.construct_written


_ValueLoader.add_constructor("tag:yaml.org,2002:float", _ValueLoader.construct_written)


def read_value(text: str) -> Any:
    """One value, as YAML reads it."""
    return yaml.load(text, Loader=_ValueLoader)


def read_yaml(path: Path, *, exact: bool = False) -> LineMap:
    """The file's top-level mapping (empty for an empty file); ProjectError where it is broken.

    `exact` reads numbers with a point as Decimal; without it they are floats that are written out
    as they stand in the file.
    """
    try:
        # the loader is a SafeLoader
        loaded = yaml.load(read_text(path), Loader=_ExactLoader if exact else _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ProjectError(
            "R220",
            f"{path.name} is not valid YAML",
            where=Location(path, mark.line + 1 if mark else None),
            why=" ".join(
                str(part)
                for part in (getattr(error, "problem", None), getattr(error, "context", None))
                if part
            )
            or str(error).splitlines()[0],
            mend="correct the line; indentation, colons and unclosed quotes are the usual causes",
        ) from error
    if loaded is None:
        empty = LineMap()
        empty.lines = {}
        return empty
    if not isinstance(loaded, LineMap):
        raise ProjectError(
            "R220",
            f"{path.name} holds a {type(loaded).__name__}, not keys and values",
            where=Location(path, 1),
            mend="begin with a key such as 'models:' or 'checks:'",
        )
    return loaded
