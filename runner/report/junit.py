"""JUnit's XML, as CI systems read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from runner.errors import Location


@dataclass(frozen=True)
class JUnitCase:
    """`failure` is None for what passed, `error` for what ran; `output` is what else is to say."""

    suite: str
    classname: str
    name: str
    where: Location
    seconds: float
    message: str = ""
    failure: str | None = None
    error: str | None = None
    output: str | None = None


def as_junit(cases: Sequence[JUnitCase], root: Path) -> str:
    """A test suite a suite, in the order they come in; files as seen from `root`."""
    from xml.etree import ElementTree

    top = ElementTree.Element("testsuites", _counts(cases))
    for suite in dict.fromkeys(case.suite for case in cases):
        of_suite = [case for case in cases if case.suite == suite]
        group = ElementTree.SubElement(top, "testsuite", {"name": suite, **_counts(of_suite)})
        for case in of_suite:
            element = ElementTree.SubElement(
                group,
                "testcase",
                {
                    "classname": case.classname,
                    "name": case.name,
                    "time": f"{case.seconds:.6f}",
                    "file": file_name(case.where.path, root),
                    "line": str(case.where.line or 1),
                },
            )
            for tag, said in (("failure", case.failure), ("error", case.error)):
                if said is not None:
                    wrong = ElementTree.SubElement(element, tag, {"message": case.message})
                    wrong.text = _xml_text(said)
            if case.output is not None:
                ElementTree.SubElement(element, "system-out").text = _xml_text(case.output)
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


@cache
def file_name(path: Path, root: Path) -> str:
    """A path as seen from `root`, with slashes."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _counts(cases: Sequence[JUnitCase]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.failure is not None for case in cases)),
        "errors": str(sum(case.error is not None for case in cases)),
        "time": f"{sum(case.seconds for case in cases):.6f}",
    }


def _xml_text(text: str) -> str:
    """XML has no place for control characters."""
    return "".join(c for c in text if c >= " " or c in "\n\t")
