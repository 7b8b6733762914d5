"""Every file of mini_data says whose it is and what may be done with it."""

import re
from fnmatch import fnmatch

import pyarrow.parquet as pq
import pytest

from audio_interaction.corpus.credits import credit_of, read_credits
from audio_interaction.paths import MINI_DATA

ALLOWED = r"CC0-1\.0|public-domain|MIT|BSD-3-Clause|CC-BY(-SA)?-[34]\.0"
STREAMS = MINI_DATA / "streams"
README = (MINI_DATA / "README.md").read_text(encoding="utf-8")


def shipped():
    return sorted(path for path in MINI_DATA.rglob("*") if path.is_file())


def without_licence(table):
    """Ids of the rows that lack a licence that may be shipped, or a credit."""
    return [
        row["id"]
        for row in table.select(["id", "licence", "credit"]).to_pylist()
        if not re.fullmatch(ALLOWED, row["licence"] or "") or not (row["credit"] or "").strip()
    ]


def patterns(heading):
    """Names in the first column of the tables whose header has this first cell."""
    found = []
    for table in re.findall(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", README, re.M):
        for line in table.splitlines():
            for name in re.findall(r"`([^`]+)`", line.split("|")[1]):
                splits = re.fullmatch(r"(.*)\{(.*)\}(.*)", name)
                found += (
                    [f"{splits[1]}{part}{splits[3]}" for part in splits[2].split(",")]
                    if splits
                    else [name + "*" if name.endswith("/") else name]
                )
    return found


def names(path, known):
    return any(fnmatch(path.relative_to(MINI_DATA).as_posix(), pattern) for pattern in known)


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.relative_to(MINI_DATA).as_posix())
def test_every_file_is_described_and_has_licence_and_credit(path):
    assert names(path, patterns("path")), "mini_data/README.md does not say what this file is"
    if path.parent == STREAMS and path.suffix == ".parquet":
        credits, rows = read_credits(), pq.read_table(path, columns=["events"]).to_pylist()
        events = [event for row in rows for event in row["events"]]
        licences = {
            credit_of(e["clip"].split("+")[0], e["source"], credits).licence for e in events
        }
        assert events and all(re.fullmatch(ALLOWED, licence) for licence in licences)
    elif path.suffix == ".parquet":
        table = pq.read_table(path, columns=["id", "licence", "credit"])
        assert table.num_rows and not without_licence(table)
    else:
        assert names(path, patterns("file")), "mini_data/README.md gives it no licence"


def test_what_the_readme_describes_is_there():
    files = shipped()
    for pattern in (*patterns("path"), *patterns("file")):
        assert any(names(path, [pattern]) for path in files), pattern


def test_a_row_or_a_file_without_licence_would_be_found():
    table = pq.read_table(MINI_DATA / "sources" / "music-test.parquet")
    assert not without_licence(table)
    for column, value in (("licence", None), ("licence", "GPL-3.0-only"), ("credit", " ")):
        bad = table.to_pylist()
        bad[1][column] = value
        assert without_licence(table.from_pylist(bad)) == [bad[1]["id"]]
    assert not names(MINI_DATA / "models" / "small.safetensors", patterns("file"))
