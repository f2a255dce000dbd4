"""Sequential steps that SQL has no set-based form for: rows of integers in, rows of integers out.

A model of materialization `kernel` names one in its config. Its SQL gives the input, in order; the
table holds the output. Integers only, so that every engine gives the kernel and gets from it the
same digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Row = tuple[int | None, ...]


@dataclass(frozen=True)
class Kernel:
    """`run` is given the `inputs` of rows in the order of `order_by`, and yields `outputs`.

    `outputs` are (name, data type).
    """

    name: str
    inputs: tuple[str, ...]
    order_by: tuple[str, ...]
    outputs: tuple[tuple[str, str], ...]
    run: Callable[[Iterable[Row]], Iterator[Row]]


def kernels() -> dict[str, Kernel]:
    from runner.kernels import lot_matching

    return {kernel.name: kernel for kernel in (lot_matching.KERNEL,)}
