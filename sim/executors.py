"""Where blocks of draws are computed: in turn or in threads, with the same numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def blocks(total: int, size: int, start: int = 0) -> Iterator[tuple[int, int]]:
    """Yield first index and length of consecutive blocks of draws, from ``start`` on."""
    for first in range(start, total, size):
        yield first, min(size, total - first)


def in_order(
    work: Callable[[int, int], T], total: int, size: int, threads: int, start: int = 0
) -> Iterator[T]:
    """Yield ``work(first, count)`` of every block in the order of the draws.

    At most one finished block per thread waits to be taken, so memory does not grow with the
    number of draws.
    """
    if threads == 1:
        for first, count in blocks(total, size, start):
            yield work(first, count)
        return
    with ThreadPoolExecutor(threads) as pool:
        under_way: deque[Future[T]] = deque()
        try:
            for first, count in blocks(total, size, start):
                if len(under_way) == 2 * threads:
                    yield under_way.popleft().result()
                under_way.append(pool.submit(work, first, count))
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
