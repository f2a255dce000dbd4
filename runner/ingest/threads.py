"""Work on blocks of rows by several threads: hashing and compressing leave Python to others."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_THREADS = min(os.cpu_count() or 1, 8)
_AHEAD = 2 * _THREADS


def each(work: Callable[[T], R], blocks: Iterable[T]) -> Iterator[R]:
    """What comes of each block, in their order; so many at once that memory stays bounded."""
    with ThreadPoolExecutor(_THREADS) as pool:
        pending: deque[Future[R]] = deque()
        for block in blocks:
            pending.append(pool.submit(work, block))
            if len(pending) > _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
