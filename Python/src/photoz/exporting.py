"""Out: predictions as a catalogue in FITS, Parquet, ECSV or CSV, joined by id when asked, a piece at a time."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from photoz.errors import Code, PhotozError, from_os
from photoz.joining import Join
from photoz.results import CHUNK, Predictions
from photoz.sinks import CsvSink, EcsvSink, FitsSink, ParquetSink, Sink
from photoz.tables.catalogue import Columns, open_catalogue

PathLike = str | os.PathLike[str]


def export(
    results: PathLike,
    catalogue: PathLike,
    *,
    join: Any = None,
    join_on: str | None = None,
    table: str | None = None,
    keep: Sequence[str] | str | None = None,
    on_unmatched: str | None = None,
    overwrite: bool = False,
    progress: bool = True,
) -> int:
    """Writes the predictions of a run as a catalogue, in bounded memory.

    Args:
        results: The folder of the run.
        catalogue: The file, whose ending says which format: `.fits`, `.parquet`, `.ecsv` or `.csv`.
        join: The input catalogue, whose columns follow by id: a file or a table.
        join_on: Its column of ids; `object_id`, `objid` or `id` unless given.
        table: The extension or group of the joined file.
        keep: Which of its columns; all unless given. Without a join, columns of predictions or partitions.
        on_unmatched: What to do about ids that the catalogue lacks: `refuse` (default) or `blank`.
        overwrite: Whether the file may be replaced.
        progress: Whether to show a bar.

    Returns:
        How many galaxies.

    Raises:
        PhotozError: The file is not there then, or is what it was.
    """
    target = Path(catalogue)
    kinds: dict[str, Callable[[Path], Sink]] = {
        ".fits": FitsSink,
        ".parquet": ParquetSink,
        ".ecsv": EcsvSink,
        ".csv": CsvSink,
    }
    if target.suffix not in kinds:
        raise PhotozError(f"{target}: the ending must be one of {', '.join(kinds)}", Code.USAGE)
    if target.exists() and not overwrite:
        raise PhotozError(f"{target} exists: choose another name, or --overwrite", Code.OUTPUT_REFUSED)
    chosen = [name for name in keep.split(",") if name] if isinstance(keep, str) else keep
    source = Predictions.open(results, None if join is not None else chosen)
    partial = target.with_name(f".{target.name}.in-progress")
    try:
        with ExitStack() as stack:
            # What is half-written goes, whatever happens.
            stack.callback(partial.unlink, missing_ok=True)
            chunks, describe = source.chunks(CHUNK), source.description
            if join is not None:
                scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=target.parent, prefix=".join-")))
                other = open_catalogue(join, table)
                joined = Join(source, other, join_on, chosen, on_unmatched or "refuse", scratch)
                chunks, describe = joined.chunks(CHUNK), joined.description
            _write(kinds[target.suffix](partial), chunks, describe, source, progress)
            partial.replace(target)
    except OSError as error:
        raise from_os(error, str(target)) from error
    return source.rows


def _write(
    sink: Sink,
    chunks: Iterator[Columns],
    describe: Callable[[str], tuple[str, str]],
    source: Predictions,
    progress: bool,
) -> None:
    with sink, tqdm(total=source.rows, desc="export", unit=" galaxies", disable=None if progress else True) as bar:
        is_first = True
        for columns in chunks:
            if is_first:
                sink.start(columns, {name: describe(name) for name in columns}, source)
                is_first = False
            sink.add(columns)
            bar.update(len(next(iter(columns.values()))))
        if is_first:
            sink.start({name: np.empty(0) for name in source.names}, {}, source)
