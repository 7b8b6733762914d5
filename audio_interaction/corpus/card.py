"""The dataset card of a corpus: what it holds, whose it is, what of it is synthetic.

The front matter is that of the Hugging Face hub, so that a folder with its card can be uploaded or
loaded with `datasets.load_dataset(folder)` as it is. All numbers are counted in the corpus.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
from datasets import DatasetInfo, SplitDict, SplitInfo
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCardData

from audio_interaction.corpus.card_tables import (
    COLUMNS,
    Totalled,
    abilities_of,
    by_split,
    noise_table,
    sound_table,
    split_table,
    table,
    task_tables,
    voice_table,
)
from audio_interaction.corpus.counts import count, merged, timelines
from audio_interaction.corpus.credits import (
    UNKNOWN,
    Credit,
    corpus_licence,
    credit_of,
    grouped,
    read_credits,
)
from audio_interaction.corpus.manifest import load_recipe
from audio_interaction.corpus.rows import FEATURES
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.files import atomic_write

CARD, FIGURES = "README.md", "figures"
NAME = "Mini StreamAudio"
ABILITY_TASKS = {
    "real-time ASR": ("automatic-speech-recognition",),
    "streaming translation": ("automatic-speech-recognition", "translation"),
    "voice chat": ("audio-text-to-text",),
    "audio understanding": ("audio-text-to-text", "audio-classification"),
    "instruction following": ("audio-text-to-text",),
    "proactive response": ("audio-classification",),
    "environment-aware agent": ("audio-text-to-text",),
}
"""Task categories of the hub that an ability belongs to."""

LANGUAGES = {"english": "en", "chinese": "zh", "french": "fr"}
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))

APART = """
No voice, no sentence and no source clip of one split is heard in another, and packages of
recordings are kept apart kind by kind; `audio-interaction corpus check` examines it.
"""

CAPTIONS = {
    "subtasks": "Streams by ability and sub-task",
    "durations": "Length of the streams",
    "density": "Replies an hour, by sub-task and split",
    "silence": "Share of the chunks after which nothing is said, by sub-task and split",
    "snr": "Signal-to-noise ratio of the streams with a noise bed",
}
"""Figures that are shown if they lie in `figures/NAME.png` (`viz.corpus_explore.draw_corpus`)."""


def write_card(folder: str | Path, root: str | Path | None = None) -> Path:
    """Write the dataset card of the corpus in a folder, `README.md` beside its shards.

    Args:
        root: folder of the source files that the credits are read from; that of the kit by default.

    Raises:
        UserError: the folder holds no corpus, or one of an earlier version.
    """
    folder, recipe = Path(folder), load_recipe(folder)
    totals = count(timelines(folder))
    known, sources = read_credits(root), merged(totals.values()).sources
    clips = {clip: credit_of(clip, source, known) for clip, source in sources.items()}
    own = "import" in recipe
    name = folder.resolve().name if own else NAME
    sections = [
        f"---\n{_front_matter(folder, name, totals, clips)}---\n",
        f"# {name}\n",
        _introduction(totals, own),
        "## Splits\n\n" + split_table(totals) + ("" if own else APART),
        "## Abilities and sub-tasks\n\n" + task_tables(totals),
        *_figures(folder),
        "## Columns\n\n" + COLUMNS,
        "## Voices\n\n" + voice_table(totals, clips),
        "## Sounds\n\n" + sound_table(totals),
        "## Noise and rooms\n\n" + noise_table(totals),
        "## What is synthetic\n\n" + _synthetic(clips, own),
        "## Licence and credits\n\n" + _credits(clips),
        "## How it was made\n\n" + _recipe(recipe, own),
    ]
    path = folder / CARD
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(sections), encoding="utf-8")
    return path


def _front_matter(folder: Path, name: str, totals: Totalled, clips: Mapping[str, Credit]) -> str:
    splits, shards = SplitDict(), {}
    for split in by_split(totals):
        shards[split] = sorted(folder.glob(f"{split}-*.parquet"))
        metadata = [pq.read_metadata(path) for path in shards[split]]
        groups = [file.row_group(at) for file in metadata for at in range(file.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        splits.add(SplitInfo(split, size, sum(file.num_rows for file in metadata)))
    streams = sum(split.num_examples for split in splits.values())
    categories = [c for ability in abilities_of(totals) for c in ABILITY_TASKS.get(ability, ())]
    data = DatasetCardData(
        pretty_name=name,
        license=corpus_licence(clips.values()),
        language=_languages(totals, clips) or None,
        task_categories=[*dict.fromkeys(categories)] or None,
        size_categories=next((told for most, told in SIZES if streams < most), "n>1M"),
        tags=["audio", "streaming", "full-duplex", "when-to-speak"],
        configs=[
            {
                "config_name": "default",
                "data_files": [{"split": name, "path": f"{name}-*.parquet"} for name in shards],
            }
        ],
    )
    info = DatasetInfo(
        features=FEATURES,
        splits=splits,
        download_size=sum(path.stat().st_size for files in shards.values() for path in files),
        dataset_size=sum(split.num_bytes for split in splits.values()),
    )
    DatasetInfosDict({"default": info}).to_dataset_card_data(data)
    return data.to_yaml() + "\n"


def _languages(totals: Totalled, clips: Mapping[str, Credit]) -> list[str]:
    """Languages that are spoken, and those that are translated into."""
    spoken = {part for credit in clips.values() for part in credit.language.split("-") if part}
    tasks = [TASKS[task] for _, _, task in totals if task in TASKS]
    into = {LANGUAGES.get(task.system.rsplit(" ", 1)[-1], "") for task in tasks}
    return sorted((spoken | into) - {""})


def _introduction(totals: Totalled, own: bool) -> str:
    whole = merged(totals.values())
    made = (
        "composed from recordings of one's own"
        if own
        else "in the manner of StreamAudio (*Audio Interaction Model*, arXiv 2606.05121), at the "
        "scale of a laptop"
    )
    return (
        f"{whole.streams:,} streams of sound, {whole.hours:,.2f} hours, {made}. A listener hears a "
        "stream in chunks of 0.4 s and decides after each of them whether to stay silent or to "
        f"respond: {whole.responses:,} replies are due, and after {whole.silence:.1%} of the "
        f"{whole.chunks:,} chunks nothing is to be said. Every row carries its sound, the timeline "
        "of what is heard in it, and what should be said when.\n\n"
        "```python\n"
        "from datasets import load_dataset\n\n"
        'streams = load_dataset("FOLDER_OR_HUB_ID", split="test")\n'
        "```\n"
    )


def _figures(folder: Path) -> list[str]:
    shown = [
        f"![{caption}]({FIGURES}/{name}.png)\n\n*{caption}.*\n"
        for name, caption in CAPTIONS.items()
        if (folder / FIGURES / f"{name}.png").is_file()
    ]
    return ["## Figures\n", *shown] if shown else []


def _synthetic(clips: Mapping[str, Credit], own: bool) -> str:
    counts = Counter((credit.kind, credit.recorded) for credit in clips.values())
    lines = []
    for kind, how in (
        ("speech", "spoken sentences were rendered by speech synthesis"),
        ("sound", "sounds were synthesised from a parametric model"),
    ):
        made, recorded = counts[kind, False], counts[kind, True]
        if made + recorded:
            lines.append(f"- {made:,} of {made + recorded:,} {how}, {recorded:,} were recorded.\n")
    if unknown := counts[UNKNOWN, False]:
        lines.append(f"- Of {unknown:,} clips the sources do not say what they are.\n")
    lines.append(
        "- Streams are arranged from clips; nobody ever heard them together in one place.\n"
    )
    lines.append("- Noise beds mix a recorded noise with coloured noise.\n")
    if not own:
        lines.append(
            "- Sentences and replies come from templates of a small closed language. What is heard "
            "when, and what is due, is known from the plan: nobody annotated it by ear.\n"
        )
    return "".join(lines)


def _credits(clips: Mapping[str, Credit]) -> str:
    told = (
        f"Licence of the whole: **{corpus_licence(clips.values())}**. A stream is an adaptation of "
        "its clips (`events.clip`), each of which keeps its own licence; share it with these "
        "credits.\n\n"
    )
    if corpus_licence(clips.values()) == "other":
        told += "Clips that are not in the sources are under the licence of whoever gave them.\n\n"
    licences = Counter(credit.licence for credit in clips.values())
    rows = [
        [credit.kind, credit.origin, f"{number:,}", credit.licence, credit.credit]
        for credit, number in grouped(clips.values())
    ]
    return (
        told
        + table(("licence of the clip", "clips"), sorted(licences.items()))
        + "\n"
        + table(("kind", "origin", "clips", "licence", "credit"), rows, words=5)
    )


def _recipe(recipe: Mapping, own: bool) -> str:
    made = "imported from recordings of one's own" if own else "built"
    return (
        f"{made.capitalize()} by `audio-interaction corpus`, seed {recipe.get('seed')}, codec "
        f"{recipe.get('codec')}. A stream depends on its seed, split, sub-task and number alone; "
        "`corpus.json` holds the whole recipe.\n"
    )
