"""The Parquet files of sounds, made of recordings and of synthesised clips.

Recordings come from a folder with an `index.tsv` (columns category, package, file, seconds,
licence, credit, source) and are split by *package* inside each class, so a test recording was made
by other people with other equipment than everything heard in training. Synthesised clips
(`corpus.synthesis`) fill up every split from disjoint parameter ranges.
"""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly
from tqdm import tqdm

from audio_interaction.audio.io import decode, encode, load_audio
from audio_interaction.corpus.clips import excerpts, fingerprint, join_strikes, level, trim
from audio_interaction.corpus.sound_classes import NOISE, NOISES, SOUND_CLASSES, SoundClass
from audio_interaction.corpus.synthesis import MODELS, SPLITS, synthesise
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.protocol import SAMPLE_RATE

SYNTHESIS = "synthesis"
SYNTHESISED = {"train": 36, "validation": 8, "test": 8}
"""Synthesised clips of each class and split."""


EVENT_SECONDS = 3.0
NOISE_SECONDS = 10.0
EXCERPTS_PER_FILE = 4
CLIPS_PER_PACKAGE = 14

LICENCES = {
    # as the packages write it -> SPDX
    r"CC0.*|CC Zero.*": "CC0-1.0",
    r"public-domain": "public-domain",
    r"MIT": "MIT",
    r"BSD-3-clause.*": "BSD-3-Clause",
    r"CC[ -]BY[ -]3(\.0)?": "CC-BY-3.0",
    r"CC[ -]BY-SA[ -]3(\.0)?": "CC-BY-SA-3.0",
    r"CC[ -]BY-SA[ -]4(\.0)?": "CC-BY-SA-4.0",
}


def augment(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A gently changed copy of a training clip, float32 (S,) -> float32 (S',).

    Speed and pitch together by 0.85 to 1.18 (resampling); a spectral tilt of up to about 6 dB from
    low to high; gain of -6 to +3 dB with peaks kept below 1; up to 15 % cut from the end.
    """
    speed = int(round(100 * np.exp(rng.uniform(np.log(0.85), np.log(1.18)))))
    y = resample_poly(x, 100, speed)
    y = y[: round(len(y) * rng.uniform(0.85, 1.0))]  # the onset stays: it is what a bang is
    tilt = rng.uniform(-0.35, 0.35)
    y = y + tilt * np.concatenate([y[:1], y[:-1]])  # one-tap filter: darker or brighter
    y = y * (np.sqrt(np.mean(x**2) / (np.mean(y**2) + 1e-12)) * 10 ** (rng.uniform(-6, 3) / 20))
    return (y / max(1.0, np.abs(y).max() / 0.95)).astype(np.float32)


def spdx(licence: str) -> str:
    """SPDX name of an allowed licence. Raises UserError for any other licence."""
    for pattern, name in LICENCES.items():
        if re.fullmatch(pattern, licence):
            return name
    raise UserError(
        f"licence {licence!r} is not among those that may be shipped: "
        f"{sorted(set(LICENCES.values()))}; leave the file out of the registry"
    )


def read_index(raw_dir: str | Path) -> list[dict[str, str]]:
    """Rows of `index.tsv` in the raw folder. Raises UserError if it is missing or lacks columns."""
    path = Path(raw_dir) / "index.tsv"
    if not path.is_file():
        raise UserError(f"{path}: no such file; give the folder that holds the raw recordings")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    missing = {"category", "package", "file", "licence", "credit", "source"} - set(
        rows[0] if rows else ()
    )
    if missing:
        raise UserError(f"{path}: columns {sorted(missing)} are missing")
    return rows


def sound_row(name: str, hazard: bool, clip: np.ndarray, identity: str, origin: dict) -> dict:
    """A row of a table of sounds; `origin` has its package, recorded, licence, credit, source."""
    data = encode(level(clip), "opus")
    return {
        "id": identity,
        "audio": {"bytes": data, "path": f"{identity}.opus"},
        "seconds": round(len(decode(data)) / SAMPLE_RATE, 3),
        "label": name,
        "hazard": hazard,
        **origin,
    }


def _origin(entries: list[dict[str, str]]) -> dict:
    def joined(key):
        return "; ".join(dict.fromkeys(e[key] for e in entries))

    return {
        "package": entries[0]["package"],
        "recorded": True,
        "licence": spdx(entries[0]["licence"]),
        "credit": joined("credit"),
        "source": joined("source"),
    }


def _recorded(
    kind: SoundClass, split: str, raw_dir: Path, index: list[dict[str, str]], seed: int
) -> Iterator[dict]:
    """Rows of one class and split from recordings, near-duplicates left out."""
    chosen = [e for e in index if any(fnmatch(e["file"], p) for p in kind.files[split])]
    packages = defaultdict(list)
    for entry in chosen:
        packages[entry["package"]].append(entry)
    seconds = NOISE_SECONDS if kind.name == NOISE else EVENT_SECONDS
    known: list[np.ndarray] = []
    for package, entries in sorted(packages.items()):
        rng = np.random.default_rng([seed, *f"{kind.name} {split} {package}".encode()])
        clips = []  # (samples, entries they come from)
        floors = defaultdict(list)
        for entry in entries:
            x = trim(load_audio(raw_dir / entry["file"]))
            if kind.strikes and len(x) < 0.7 * SAMPLE_RATE:
                # hits of one thing and one licence: the files differ by a number alone
                thing = re.sub(r"[-_]?\d*(__[^_]*)?\.flac$", "", entry["file"])
                floors[thing, entry["licence"]].append((x, entry))
            else:
                clips += [(piece, [entry]) for piece in excerpts(x, seconds, EXCERPTS_PER_FILE)]
        for hits in floors.values():
            for _ in range(2 if len(floors) > 4 else 4):
                clips.append((join_strikes([x for x, _ in hits], rng), [e for _, e in hits]))
        if len(clips) > CLIPS_PER_PACKAGE:
            clips = [clips[i] for i in np.sort(rng.permutation(len(clips))[:CLIPS_PER_PACKAGE])]
        for k, (clip, origin) in enumerate(clips):
            mark = fingerprint(clip)
            if not kind.strikes and any(mark @ other > 0.98 for other in known):
                continue
            known.append(mark)
            yield sound_row(
                kind.name, kind.hazard, clip, f"{kind.name}-{package}-{k:02d}", _origin(origin)
            )


def synthesised_origin(module: str) -> dict:
    """Where a clip comes from that a module of the kit has synthesised."""
    return {
        "package": SYNTHESIS,
        "recorded": False,
        "licence": "CC0-1.0",
        "credit": "audio_interaction",
        "source": module,
    }


def _synthesised(kind: SoundClass, split: str, count: int, seed: int) -> Iterator[dict]:
    origin = synthesised_origin("audio_interaction.corpus.synthesis")
    for k in range(count):
        rng = np.random.default_rng([seed, k, *f"{kind.name} {split}".encode()])
        clip = synthesise(kind.name, split, rng)
        yield sound_row(
            kind.name, kind.hazard, clip, f"{kind.name}-{SYNTHESIS}-{split}-{k:02d}", origin
        )


def build_sounds(raw_dir: str | Path, out_dir: str | Path, seed: int = 0) -> Counter:
    """Make `sounds-{train,validation,test}.parquet` and the credit table from the raw recordings.

    Called by `audio-interaction corpus sounds --raw DIR --out DIR`. Columns: id, audio (Ogg/Opus
    bytes and path), seconds, label, hazard, package, recorded, licence, credit, source. The credit
    table goes to `CREDITS-sounds.tsv` in the parent of `out_dir`, one row for each recording.

    Returns:
        number of clips by (split, label, recorded).

    Raises:
        UserError: the index is missing, or a chosen file is missing, damaged or of a licence that
            may not be shipped.
    """
    from datasets import Audio, Dataset  # takes seconds to import

    raw_dir, out_dir = Path(raw_dir), Path(out_dir)
    index = read_index(raw_dir)
    counts, credits, heard = Counter(), {}, {}
    for split in SPLITS:
        rows = []
        for kind in tqdm([*SOUND_CLASSES.values(), NOISES], desc=f"sounds {split}"):
            rows += _recorded(kind, split, raw_dir, index, seed)
            if kind.name in MODELS:
                rows += _synthesised(kind, split, SYNTHESISED[split], seed)
        for row in rows:
            digest = hashlib.sha256(row["audio"]["bytes"]).hexdigest()
            if heard.setdefault(digest, split) != split:
                raise UserError(f"{row['id']} is in {heard[digest]} and {split}: mend the registry")
            counts[split, row["label"], row["recorded"]] += 1
            if row["recorded"]:
                credits[row["id"]] = row
        data = Dataset.from_list(rows).cast_column("audio", Audio(SAMPLE_RATE, decode=False))
        with atomic_write(out_dir / f"sounds-{split}.parquet") as path:
            data.to_parquet(path)
    columns = ("id", "source", "package", "licence", "credit")
    with atomic_write(out_dir.parent / "CREDITS-sounds.tsv") as path:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([row[c] for c in columns] for row in credits.values())
    return counts
