"""Text out of DuckDB in large pieces, without an object a row and without another library.

A result is handed over as Arrow's C data interface has it: a column of text is one buffer of all
its bytes, one after the other, and one of the places where each begins.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import partial
from typing import Any

import duckdb

from runner.engines.staging import TextBlock


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


# https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html
_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]
_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.POINTER(_Array)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]
_FILLS = partial(ctypes.CFUNCTYPE, ctypes.c_int)
_Stream._fields_ = [
    ("get_schema", _FILLS(ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", _FILLS(ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))),
    ("private_data", ctypes.c_void_p),
]
_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype = ctypes.c_void_p
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]


def blocks(connection: duckdb.DuckDBPyConnection, sql: str, size: int) -> Iterator[TextBlock]:
    """A query's one text column, `size` rows at a time; none is null, and each ends in a newline.

    The last newline of a block is left out. Nothing else may run on the connection until the last
    block is taken. duckdb.Error where the query fails.
    """
    # places in 64 bits, as 100,000 long rows may come to more than 2 GiB
    connection.execute("set arrow_large_buffer_size = true")
    held: list[memoryview] = []
    row_count = 0
    for begins, text in _columns(connection.sql(sql)):
        first, length = 0, len(begins) - 1
        while first < length:
            last = min(first + size - row_count, length)
            held.append(text[begins[first] : begins[last]])
            row_count += last - first
            first = last
            if row_count == size:
                yield _block(held, row_count)
                held, row_count = [], 0
        # what is left is of a buffer that is about to go
        held = [memoryview(bytes(piece)) for piece in held]
    if row_count:
        yield _block(held, row_count)


def _block(pieces: list[memoryview], row_count: int) -> TextBlock:
    *before, last = pieces
    return TextBlock(row_count, b"".join([*before, last[:-1]]))


def _columns(relation: duckdb.DuckDBPyRelation) -> Iterator[tuple[Any, memoryview]]:
    """Of each part of a result, where each text begins (and the last one ends), and the texts."""
    capsule = relation.__arrow_c_stream__()
    stream = _Stream.from_address(_pointer_of(capsule, b"arrow_array_stream"))
    schema = _Schema()
    _check(stream, stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)))
    kinds = [schema.children[nth].contents.format for nth in range(schema.n_children)]
    schema.release(ctypes.byref(schema))
    assert kinds == [b"U"], f"one column of text is read, this is {kinds}"
    while True:
        part = _Array()
        _check(stream, stream.get_next(ctypes.byref(stream), ctypes.byref(part)))
        if not part.release:
            return
        try:
            column = part.children[0].contents
            if column.length:
                yield _buffers(column)
        finally:
            part.release(ctypes.byref(part))


def _buffers(column: Any) -> tuple[Any, memoryview]:
    assert not column.offset and not column.null_count
    begins = (ctypes.c_int64 * (column.length + 1)).from_address(column.buffers[1])
    end = begins[column.length]
    texts = (ctypes.c_char * end).from_address(column.buffers[2]) if end else b""
    return begins, memoryview(texts).cast("B")


def _check(stream: Any, status: int) -> None:
    if status:
        said = stream.get_last_error(ctypes.byref(stream))
        raise duckdb.Error((said or b"the result ended early").decode("utf-8", "replace"))
