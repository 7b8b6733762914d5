"""What a check of a corpus found, and how it is told."""

from collections import Counter, defaultdict
from dataclasses import dataclass

FAULT, WARNING = "fault", "warning"

RULES = {
    "manifest": "corpus.json can be read and names the streams of every split",
    "shard": "every shard is there, whole, and belongs to a split; together they hold all streams",
    "schema": "columns and types are those of `build.FEATURES`, and nothing needed is null",
    "id": "no stream has the id of another one",
    "split": "a stream lies in the shards of its split",
    "task": "sub-tasks are registered, and so are their abilities",
    "balance": "every sub-task has its share of the streams of every split",
    "audio": "the sound can be decoded and is as long as stated",
    "level": "the stream, and each of its events, is neither silent nor far too loud",
    "clipping": "no sample is cut off at full scale",
    "duplicate": "no two streams sound alike under different ids",
    "timeline": "events are ordered, lie within the stream, and words within their event",
    "response": "a reply has words, a known kind and emotion, and comes when its trigger ends",
    "silence": "sub-tasks that never call for a reply have none, the others have some",
    "decision": "every reply falls into a chunk of the stream",
    "mixture": "signal-to-noise ratio and reverberation time are plausible",
    "leak-voice": "no voice is heard in two splits",
    "leak-sentence": "no sentence is said in two splits",
    "leak-package": "recordings of one package are heard in one split only, kind by kind",
    "leak-clip": "no source clip is heard in two splits",
    "leak-sound": "no event of one split sounds like one of another split",
}
"""Every rule, and what holds where it is kept."""

TOLD = 5
"""Findings of one rule that are told one by one."""


@dataclass(frozen=True)
class Finding:
    """One breach of a rule.

    Attributes:
        rule: a key of `RULES`.
        what, advice: what was wrong, and what to do about it.
        split, stream: where, as far as it has a place; a leak has two splits, "test, train".
        severity: "fault", or "warning" for what may be meant.
    """

    rule: str
    what: str
    advice: str
    split: str = ""
    stream: str = ""
    severity: str = FAULT

    def __str__(self) -> str:
        place = self.stream or self.split
        return f"{self.severity}: {place + ': ' if place else ''}{self.what}; {self.advice}"


@dataclass(frozen=True)
class CorpusCheck:
    """The outcome of a check.

    Attributes:
        folder: of the corpus.
        streams: how many were examined.
        findings: breaches of the rules, in the order of `RULES`, faults before warnings.
    """

    folder: str
    streams: int
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == FAULT)

    @property
    def passed(self) -> bool:
        """Whether there is no fault; warnings may remain."""
        return not self.faults

    def text(self) -> str:
        """For people: what every broken rule asks for, its first findings, and the verdict."""
        grouped: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            grouped[finding.rule].append(finding)
        lines = []
        for rule, found in grouped.items():
            lines.append(f"{rule}: {RULES[rule]}")
            lines += [f"  {finding}" for finding in found[:TOLD]]
            if len(found) > TOLD:
                lines.append(f"  and {len(found) - TOLD:,} more")
        counts = Counter(finding.severity for finding in self.findings)
        verdict = "passed" if self.passed else "failed"
        lines.append(
            f"{self.folder}: {verdict}; {self.streams:,} streams, {len(RULES)} rules, "
            f"{counts[FAULT]:,} faults, {counts[WARNING]:,} warnings"
        )
        return "\n".join(lines)
