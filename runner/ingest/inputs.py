"""What `runner ingest` is given, as plain files: folders and globs listed, gz and zst unpacked.

What is unpacked, or comes on stdin, is spooled to a temporary folder that goes with the load. How
much one input may unpack to is bounded: a few kilobytes can hold terabytes.
"""

from __future__ import annotations

import glob
import gzip
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from runner.config import Config
from runner.errors import InputError, Location, UsageError
from runner.ingest.progress import Progress
from runner.ingest.source import Source, named, open_sources

STDIN = Path("-")
_CHUNK_BYTES = 1 << 20
# a block of zst is 128 KiB at most and takes 4 bytes at least: this much unpacks to 64 MiB or less
_ZSTD_CHUNK_BYTES = 1 << 11
_ZSTD_WINDOW_BYTES = 1 << 27
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@contextmanager
def stdin_kept(
    given: Sequence[Path], config: Config, progress: Progress | None = None
) -> Iterator[list[Path]]:
    """The words, with a file of what stdin holds in the place of -, to be read more than once.

    The file goes with the context. InputError for more than `unpacked_limit_bytes`.
    """
    if STDIN not in given:
        yield list(given)
        return
    with tempfile.TemporaryDirectory(prefix="runner-ingest-") as name:
        limit, kept = config.unpacked_limit_bytes, Path(name) / "stdin" / "stdin"
        chunks = _chunks(sys.stdin.buffer)
        _spooled(Path("stdin"), chunks, kept.parent, limit, progress or Progress())
        try:
            yield [kept if path == STDIN else path for path in given]
        except InputError as error:
            if error.where is not None and error.where.path == kept:
                error.where = replace(error.where, path=Path("stdin"))
            raise


@contextmanager
def opened(
    given: Sequence[Path], config: Config, progress: Progress | None = None
) -> Iterator[list[Source]]:
    """The sources of a load. InputError for what is not there, damaged or too large.

    An InputError raised inside names the place that was given, not where it was unpacked to.
    """
    progress = progress or Progress()
    with tempfile.TemporaryDirectory(prefix="runner-ingest-") as name:
        files = listed(given)
        plain = [
            _plain(path, Path(name) / str(number), config.unpacked_limit_bytes, progress)
            for number, path in enumerate(files)
        ]
        shown = [Path("stdin") if path == STDIN else path for path in files]
        try:
            yield [
                replace(source, name=named(path, config.root))
                for source, path in zip(open_sources(plain, config.root), shown, strict=True)
            ]
        except InputError as error:
            if error.where is not None and error.where.path in plain:
                at = shown[plain.index(error.where.path)]
                error.where = replace(error.where, path=at)
            raise


def listed(given: Sequence[Path]) -> list[Path]:
    """The files that words name, each once: a folder's in alphabetical order, hidden ones left out.

    InputError (R271) for a folder without files, or a pattern that none matches.
    """
    found: dict[Path, Path] = {}
    for word in given:
        for path in _files_of(word):
            found.setdefault(path if path == STDIN else path.resolve(), path)
    if not found:
        raise UsageError("R270", "no file to ingest", mend="name one or more files")
    return list(found.values())


def _files_of(word: Path) -> list[Path]:
    if word == STDIN:
        return [word]
    if word.is_dir():
        files = [
            path
            for path in sorted(word.rglob("*"))
            if path.is_file() and not any(p.startswith(".") for p in path.relative_to(word).parts)
        ]
        if not files:
            raise _none(word, f"the folder {word.name} holds no file")
        return files
    if not word.exists() and glob.has_magic(str(word)):
        files = [Path(f) for f in sorted(glob.glob(str(word), recursive=True))]  # noqa: PTH207
        files = [path for path in files if path.is_file()]
        if not files:
            raise _none(word, f"no file matches {word}")
        return files
    return [word]


def _none(word: Path, what: str) -> InputError:
    return InputError("R271", what, where=Location(word), mend="check the path")


def _plain(path: Path, folder: Path, limit: int, progress: Progress) -> Path:
    """The file itself, or one in `folder`, of the same name, with what it unpacks to."""
    if path == STDIN:
        stdin = Path("stdin")
        target = _spooled(stdin, _chunks(sys.stdin.buffer), folder, limit, progress)
        # what came on stdin may be packed itself
        return _plain(target, folder / "unpacked", limit, progress)
    try:
        with path.open("rb") as opened_file:
            head = opened_file.read(4)
    except OSError:
        return path  # told with its reason where it is opened
    if head.startswith(_GZIP):
        return _spooled(path, _gunzipped(path), folder, limit, progress)
    if head.startswith(_ZSTD):
        return _spooled(path, _unzstd(path), folder, limit, progress)
    return path


def _spooled(
    path: Path, chunks: Iterator[bytes], folder: Path, limit: int, progress: Progress
) -> Path:
    folder.mkdir()
    progress.began(f"{'reading' if path.name == 'stdin' else 'unpacking'} {path.name}")
    target, size = folder / path.name, 0
    with target.open("wb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise InputError(
                    "R284",
                    f"{path.name} holds more than {limit:,} bytes",
                    where=Location(path),
                    why="what one input may unpack to is bounded, as a small file can fill a disk",
                    mend="if it is meant to be so large, raise unpacked_limit_bytes in "
                    "[tool.runner]",
                )
            out.write(chunk)
            progress.advanced(len(chunk))
    return target


def _chunks(stream: BinaryIO, size: int = _CHUNK_BYTES) -> Iterator[bytes]:
    while chunk := stream.read(size):
        yield chunk


def _gunzipped(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, str(error)) from error


def _unzstd(path: Path) -> Iterator[bytes]:
    import zstandard

    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    frame = decoder.decompressobj()
    try:
        with path.open("rb") as stream:
            for packed in _chunks(stream, _ZSTD_CHUNK_BYTES):
                rest = packed
                while rest:
                    if frame.eof:
                        frame = decoder.decompressobj()
                    chunk = frame.decompress(rest)
                    rest = frame.unused_data if frame.eof else b""
                    yield chunk
    except zstandard.ZstdError as error:
        raise _damaged(path, str(error)) from error
    if not frame.eof:
        raise _damaged(path, "it ends inside a frame")


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        "R284",
        f"{path.name} cannot be unpacked",
        where=Location(path),
        why=why,
        mend="the file is damaged or was cut short: fetch it again; nothing was loaded",
    )
