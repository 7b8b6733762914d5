"""Recorded human speech for the test split: the telephone prompts of Asterisk.

The voices of the mini corpus are machines; these clips, read by Allison Smith, show how far what
was learnt from them carries. Debian's package asterisk-core-sounds-en-g722 has the recordings
(``ffmpeg -f g722 -i NAME.g722 NAME.flac`` makes them readable), and Asterisk publishes the texts.
"""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path

from tqdm.auto import tqdm

from audio_interaction.audio.io import load_audio
from audio_interaction.corpus.engines import spread
from audio_interaction.corpus.language import Sentence
from audio_interaction.corpus.speech import MARGIN, clip_row, level, trim, write_table
from audio_interaction.corpus.voices import ALLISON
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

CLIPS = 100
SHORTEST, LONGEST = 1.5, 8.0  # s
INDEX = "index.tsv"


def build_prompts(raw_dir: str | Path, out_dir: str | Path, seed: int = 0) -> Path:
    """Write about a hundred prompts of 1.5-8 s to ``out_dir/recorded-test.parquet``.

    ``raw_dir`` holds the recordings and ``index.tsv`` with the columns ``file`` and ``text``. Which
    prompts are taken follows from the seed. The columns are those of the rendered clips, with kind
    and engine "recorded"; word times are estimates, the speech shared by length of word.

    Raises:
        UserError: no index, an index without those columns, a missing recording, or no prompt of
            fitting length with a plain text.
    """
    raw_dir = Path(raw_dir)
    texts = _plain_texts(raw_dir / INDEX)
    names = sorted(texts)
    random.Random(seed).shuffle(names)
    rows: list[dict] = []
    for name in tqdm(names, desc="recorded prompts", unit="file"):
        if len(rows) == CLIPS:
            break
        samples, _ = trim(load_audio(raw_dir / name), [])
        if SHORTEST <= len(samples) / SAMPLE_RATE <= LONGEST:
            rows.append(_row(f"recorded-{len(rows):03d}", texts[name], samples))
    if not rows:
        raise UserError(f"{raw_dir}: no recording lasts {SHORTEST} to {LONGEST} s; check {INDEX}")
    path = Path(out_dir) / "recorded-test.parquet"
    write_table(rows, path)
    return path


def _row(id: str, text: str, samples) -> dict:
    words = spread(text.split(), MARGIN, len(samples) / SAMPLE_RATE)
    _, words = trim(samples, words)
    sentence = Sentence(text, "recorded", "", "test")
    return clip_row(id, level(samples), words, sentence, ALLISON)


def _plain_texts(index: Path) -> dict[str, str]:
    """Text of each recording, lower case and without punctuation; each text once.

    Texts with digits or remarks in brackets are left out: they are not what is said word by word.
    """
    if not index.is_file():
        raise UserError(f"{index}: no such file; it lists the recordings, columns file and text")
    with index.open(newline="", encoding="utf-8") as handle:
        table = csv.DictReader(handle, delimiter="\t")
        missing = {"file", "text"} - set(table.fieldnames or ())
        if missing:
            raise UserError(f"{index}: lacks the columns {', '.join(sorted(missing))}")
        listed = [(row["file"], row["text"]) for row in table]
    texts: dict[str, str] = {}
    for name, text in listed:
        plain = " ".join(re.sub(r"[^a-z' ]", " ", text.lower()).split())
        if plain and not re.search(r"[\d\[\](){}<>]", text) and plain not in texts.values():
            texts[name] = plain
    return texts
