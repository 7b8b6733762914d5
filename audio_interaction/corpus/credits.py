"""Whose the clips of a corpus are: licences, credits, and what is recorded at all."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from audio_interaction.corpus.sounds import SYNTHESIS
from audio_interaction.corpus.sources import default_root

CC0 = "CC0-1.0"
UNKNOWN = "not in the sources"

HUB_LICENCES = {
    "share-alike": "cc-by-sa-4.0",
    "attribution": "cc-by-4.0",
    "free": "cc0-1.0",
    "unknown": "other",
}
"""Licence of a whole corpus, as the hub spells it, by what the strictest of its clips asks for."""


@dataclass(frozen=True)
class Credit:
    """Whose one clip is.

    Attributes:
        kind: "speech", "sound" or `UNKNOWN`.
        origin: the engine of a voice, or the package of a sound.
        licence: SPDX name, or `UNKNOWN`.
        credit: who made it.
        language: of speech; of text that mixes two, both with a hyphen.
        recorded: whether it was recorded, not synthesised.
    """

    kind: str
    origin: str
    licence: str
    credit: str
    language: str = ""
    recorded: bool = False


def read_credits(root: str | Path | None = None) -> dict[str, Credit]:
    """The credit of every source clip in a folder (that of the kit by default), by its id."""
    credits = {}
    for path in sorted(Path(root or default_root()).glob("*.parquet")):
        names = pq.read_schema(path).names
        if not {"id", "licence", "credit"} <= {*names}:
            continue  # own sources need not say whose they are
        wanted = {"id", "licence", "credit", "engine", "package", "recorded", "language"}
        for row in pq.read_table(path, columns=sorted(wanted & {*names})).to_pylist():
            spoken = "engine" in row
            credits[row["id"]] = Credit(
                kind="speech" if spoken else "sound",
                origin=row["engine"] if spoken else row["package"],
                licence=row["licence"],
                credit=row["credit"],
                language=row.get("language", "en") if spoken else "",
                recorded=row["engine"] == "recorded" if spoken else row["recorded"],
            )
    return credits


def credit_of(clip: str, source: str, credits: Mapping[str, Credit]) -> Credit:
    """The credit of a clip; one that the kit synthesised for a single stream is its own."""
    if clip in credits:
        return credits[clip]
    if source == SYNTHESIS:
        return Credit("sound", SYNTHESIS, CC0, "audio_interaction")
    return Credit(UNKNOWN, source or UNKNOWN, UNKNOWN, UNKNOWN)


def corpus_licence(credits: Iterable[Credit]) -> str:
    """The licence of a corpus of such clips, as the hub spells it.

    A stream is an adaptation of its clips: one under share-alike makes the whole CC-BY-SA-4.0.
    """
    licences = {credit.licence for credit in credits}
    if UNKNOWN in licences:
        return HUB_LICENCES["unknown"]
    if any("-SA-" in licence for licence in licences):
        return HUB_LICENCES["share-alike"]
    if licences - {CC0, "public-domain"}:
        return HUB_LICENCES["attribution"]
    return HUB_LICENCES["free"]


def grouped(credits: Iterable[Credit]) -> list[tuple[Credit, int]]:
    """Clips of the same origin, licence and maker together, with their number, in order."""
    counts: Counter[tuple] = Counter()
    first: dict[tuple, Credit] = defaultdict()
    for credit in credits:
        key = (credit.kind, credit.origin, credit.licence, credit.credit)
        counts[key] += 1
        first.setdefault(key, credit)
    return [(first[key], counts[key]) for key in sorted(counts)]
