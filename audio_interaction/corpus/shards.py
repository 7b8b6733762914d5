"""Streams on their way into one Parquet file of a corpus, a few in memory at a time."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audio_interaction.corpus.rows import FEATURES, row_of
from audio_interaction.corpus.schema import Stream

BUFFER_BYTES = 8_000_000  # encoded sound that waits to be written


class ShardWriter:
    """A file that `build.load_corpus` reads, open for writing; a context manager."""

    def __init__(self, path: Path) -> None:
        self.writer = pq.ParquetWriter(path, FEATURES.arrow_schema)
        self.rows: list[dict] = []
        self.waiting = 0

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self._flush()
        self.writer.close()

    def add(self, stream: Stream, ability: str) -> None:
        """Put a stream behind the others."""
        row = row_of(stream, ability=ability)
        self.rows.append(row)
        self.waiting += len(row["audio"]["bytes"])
        if self.waiting > BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self.rows:
            self.writer.write_table(pa.Table.from_pylist(self.rows, schema=FEATURES.arrow_schema))
        self.rows, self.waiting = [], 0
