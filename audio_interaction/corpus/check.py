"""Is a corpus fit to train and to test on?

Every shard is read once and every sound decoded once; only pairs of events that may be the same
recording are listened to again. Some thousand streams take a minute or two.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from audio_interaction.corpus.check_files import AGAIN, balance, examine_files
from audio_interaction.corpus.check_leakage import Leaks
from audio_interaction.corpus.check_rules import SOUND, examine, nulls
from audio_interaction.corpus.findings import RULES, CorpusCheck, Finding
from audio_interaction.corpus.rows import stream_from_row
from audio_interaction.errors import UserError

BATCH = 16


def check_corpus(folder: str | Path) -> CorpusCheck:
    """Hold the corpus in a folder to every rule of `findings.RULES`.

    Raises:
        UserError: the folder holds no corpus.
    """
    folder = Path(folder)
    files = examine_files(folder)
    findings, leaks = list(files.findings), Leaks()
    tasks: dict[str, Counter] = defaultdict(Counter)
    replied: dict[str, Counter] = defaultdict(Counter)
    ids: dict[str, str] = {}
    extra = frozenset(files.tasks)
    bar = tqdm(desc="check", total=sum(files.shards.values()), unit="stream")
    with bar:
        for path in files.shards:
            split = path.name.rsplit("-", 1)[0]
            for number, row in _rows(path, split, findings):
                bar.update()
                name = row["id"] or f"row {number} of {path.name}"
                if row["id"] in ids:
                    what = f"the id is that of a stream in {ids[row['id']]} too"
                    findings.append(Finding("id", what, "give it one of its own", split, name))
                ids[row["id"]] = path.name
                tasks[split][row["task"]] += 1
                if empty := sorted({*nulls(row)}):
                    what = f"nothing in {', '.join(empty)}"
                    findings.append(Finding("schema", what, "fill it in", split, name))
                    continue
                if row["split"] != split:
                    what = f"a stream of split {row['split']!r} in {path.name}"
                    findings.append(Finding("split", what, "move it there", split, name))
                    continue
                try:
                    stream = stream_from_row(row)
                except UserError as error:
                    findings.append(Finding("audio", str(error), SOUND, split, name))
                    continue
                replied[split][stream.task] += bool(stream.responses)
                findings += examine(row, stream, extra)
                leaks.add(stream, path, number)
    findings += balance(tasks, replied, files.tasks)
    findings += leaks.findings()
    order = list(RULES)
    findings.sort(key=lambda finding: (order.index(finding.rule), finding.severity))
    return CorpusCheck(str(folder), sum(map(Counter.total, tasks.values())), tuple(findings))


def _rows(path: Path, split: str, findings: list[Finding]) -> Iterator[tuple[int, dict]]:
    """The rows of a shard with their numbers; a shard that breaks off is noted."""
    number = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches(BATCH):
            for row in batch.to_pylist():
                yield number, row
                number += 1
    except (pa.ArrowException, OSError) as error:
        what = f"{path.name} breaks off after {number} streams ({error})"
        findings.append(Finding("shard", what, AGAIN, split))


def print_check(folder: str | Path) -> int:
    """Print what is wrong with a corpus; 0 if it is fit for use, 1 if it is not.

    Raises:
        UserError: as `check_corpus`.
    """
    outcome = check_corpus(folder)
    print(outcome.text())
    return int(not outcome.passed)
