"""The tables of the dataset card, in Markdown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from audio_interaction.corpus.counts import Key, Totals, merged
from audio_interaction.corpus.credits import UNKNOWN, Credit
from audio_interaction.corpus.tasks import TASKS

COLUMNS = """\
| column | what it holds |
|---|---|
| `id`, `split`, `task`, `ability` | unique name, split, sub-task and its ability |
| `system` | the written instruction of the session |
| `audio`, `seconds` | mono sound at 16 kHz, a whole number of chunks of 0.4 s, and its length |
| `events` | what is heard: `start`, `end` (s), `kind` (speech or sound), `text` (transcript or \
name), `role` (`fg`, `bg`, `amb`), `source` (voice or package), `clip` (id of the source clip), \
`words` (timed) |
| `responses` | what is to be said: `start`, `end` of its trigger (s), `text`, `emotion`, `kind` |
| `snr_db` | level of the foreground above the noise bed; null without a bed |
| `rt60_s` | reverberation time of the room; null where it is heard dry |
"""

Totalled = Mapping[Key, Totals]
SUMS = ("streams", "hours", "replies", "silent chunks")


def by_split(totals: Totalled) -> dict[str, Totals]:
    """The sums of every split."""
    splits = dict.fromkeys(split for split, _, _ in totals)
    return {s: merged(part for key, part in totals.items() if key[0] == s) for s in splits}


def abilities_of(totals: Totalled) -> list[str]:
    """Every ability once."""
    return list(dict.fromkeys(ability for _, ability, _ in totals))


def table(head: Sequence[str], rows: Iterable[Sequence], words: int = 1) -> str:
    """A Markdown table; all columns but the first `words` are aligned to the right."""
    lines = [head, ["---"] * words + ["---:"] * (len(head) - words), *rows]
    cells = ([str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def _sums(totals: Totals) -> list[str]:
    return [
        f"{totals.streams:,}",
        f"{totals.hours:,.2f}",
        f"{totals.responses:,}",
        f"{100 * totals.silence:.1f} %",
    ]


def split_table(totals: Totalled) -> str:
    """Sums of each split, and of all of them."""
    parts = by_split(totals) | {"all": merged(totals.values())}
    rows = [
        [split, *_sums(whole), f"{len(whole.voices):,}", f"{len(whole.clips):,}"]
        for split, whole in parts.items()
    ]
    return table(("split", *SUMS, "voices", "source clips"), rows)


def task_tables(totals: Totalled) -> str:
    """Sums of each sub-task: over all splits, and for each split a table to unfold."""
    tables = [_task_table(totals)]
    for split in by_split(totals):
        own = {key: part for key, part in totals.items() if key[0] == split}
        tables.append(f"<details>\n<summary>{split}</summary>\n\n{_task_table(own)}\n</details>\n")
    return "\n".join(tables)


def _task_table(totals: Totalled) -> str:
    rows = []
    for ability in abilities_of(totals):
        for task in dict.fromkeys(task for _, own, task in totals if own == ability):
            whole = merged(part for key, part in totals.items() if key[1:] == (ability, task))
            title = TASKS[task].title if task in TASKS else ""
            rows.append([ability, f"`{task}`", title, *_sums(whole)])
    return table(("ability", "sub-task", "what it is", *SUMS), rows, words=3)


def voice_table(totals: Totalled, clips: Mapping[str, Credit]) -> str:
    """Voices of each engine in each split, and how often they speak."""
    splits = list(by_split(totals))
    voices: dict[str, dict[str, Counter]] = {}
    for (split, _, _), part in totals.items():
        spoken = {
            part.sources[clip]: credit.origin
            for clip, credit in ((clip, clips[clip]) for clip in part.clips)
            if credit.kind == "speech"
        }
        for voice, heard in part.voices.items():
            engine = voices.setdefault(spoken.get(voice, UNKNOWN), {})
            engine.setdefault(split, Counter())[voice] += heard
    rows = [
        [engine, *(f"{len(own.get(s, ()))} ({sum(own.get(s, {}).values()):,})" for s in splits)]
        for engine, own in sorted(voices.items())
    ]
    if not rows:
        return "Nobody speaks.\n"
    return "Voices, and in brackets how often they speak.\n\n" + table(("engine", *splits), rows)


def sound_table(totals: Totalled) -> str:
    """How often each sound is heard in each split."""
    heard = {split: whole.sounds for split, whole in by_split(totals).items()}
    labels = sorted({label for counts in heard.values() for label in counts})
    if not labels:
        return "There are no sounds but speech.\n"
    rows = [
        [label or "without a name", *(own[label] for own in heard.values())] for label in labels
    ]
    return "How often each sound is heard.\n\n" + table(("sound", *heard), rows)


def noise_table(totals: Totalled) -> str:
    """Noise beds, their signal-to-noise ratios, and reverberation by split."""
    rows = []
    for split, whole in by_split(totals).items():
        ratios = [f"{x:.1f}" for x in np.percentile(whole.snr_db or [np.nan], [5, 50, 95])]
        shares = (len(whole.snr_db) / whole.streams, whole.reverberant / whole.streams)
        bed, reverberant = (f"{100 * share:.1f} %" for share in shares)
        rows.append([split, bed, *(ratios if whole.snr_db else ["–"] * 3), reverberant])
    head = ("split", "with a noise bed", "SNR 5 %, dB", "SNR median, dB", "SNR 95 %, dB")
    return table((*head, "reverberant"), rows)
