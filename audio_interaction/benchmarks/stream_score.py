"""What is counted on one stream: its replies held against its timeline.

An event needs no reply if it is speech or a sound (the noise bed is neither), and no response of
the timeline overlaps it. It stays quiet if no false alarm falls between the chunk it starts in and
two chunks after the one it ends in; a hit that falls there answers something else and is none.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jiwer

from audio_interaction.benchmarks import translation
from audio_interaction.corpus.matching import WINDOW, Matched, Spoke, chunk_of, match
from audio_interaction.corpus.schema import Event, Response, Stream, is_asr
from audio_interaction.corpus.sounds import SYNTHESIS
from audio_interaction.protocol import CHUNK_SECONDS, trigger_chunk

KINDS = ("answer", "confirm", "name", "watch", "count", "warn")
ORIGINS = ("recorded", "synthesised")
COUNTS = (
    *("hits", "misses", "early", "alarms", "quiet", "quiet_total"),
    *("negative_streams", "negative_alarms", "negative_hours", "errors", "words"),
    *(f"{kind}_{what}" for kind in KINDS for what in ("right", "total")),
    *(f"{origin}_{what}" for origin in ORIGINS for what in ("hits", "total", "named", "names")),
    *("translation_total", *translation.COUNTS),
)
"""Everything that is counted on a stream (`score`)."""
SEVERAL = "several"
"""Engine of a stream in which more than one speaks."""


@dataclass(frozen=True)
class StreamScore:
    """What one stream adds to every metric.

    Attributes:
        stream, task: its id and sub-task.
        asr: whether it is a transcription stream.
        engine: what made its voices ("several" if more than one, "" without speech).
        counts: by the names of `COUNTS`; one that is missing is 0.
        delays: seconds from the end of a trigger to the end of its decision's chunk.
    """

    stream: str
    task: str
    asr: bool
    engine: str
    counts: Mapping[str, float]
    delays: tuple[float, ...]


def triggers(stream: Stream) -> tuple[Response, ...]:
    """The responses to be matched; the words of a transcript joined if they end in one chunk."""
    if not is_asr(stream):
        return stream.responses
    groups: dict[int, list[Response]] = defaultdict(list)
    for word in stream.responses:
        groups[trigger_chunk(word.end)].append(word)
    return tuple(
        Response(words[0].start, words[-1].end, " ".join(w.text for w in words), kind="transcript")
        for _, words in sorted(groups.items())
    )


def normalise(text: str) -> str:
    """Lower case, words only, single spaces: what texts are compared in."""
    return " ".join(re.findall(r"[\w']+", text.lower()))


def says(said: str, phrase: str) -> bool:
    """Whether whole words of `said` spell `phrase`, its article left out ("a bell": "bell")."""
    core = re.sub(r"^(an?|the) ", "", normalise(phrase))
    return f" {core} " in f" {normalise(said)} "


def word_errors(reference: str, hypothesis: str) -> tuple[int, int]:
    """(substitutions + deletions + insertions, words of the reference), by jiwer."""
    out = jiwer.process_words(reference, hypothesis)
    return out.substitutions + out.deletions + out.insertions, len(out.references[0])


def score(
    stream: Stream,
    spoken: Sequence[Spoke],
    num_chunks: int,
    clips: Mapping[str, object] | None = None,
) -> StreamScore:
    """Score the replies to one stream.

    The counts are hits, misses, early, alarms; quiet and quiet_total (events that need no reply);
    negative_* (streams without a response); errors and words (transcripts); KIND_right and
    KIND_total for each kind of reply; for replies about a sound, ORIGIN_hits and ORIGIN_total,
    and ORIGIN_named and ORIGIN_names for those that name it on demand; for translations what
    BLEU and chrF count (`translation`).

    Args:
        stream: with its timeline; the samples are not needed.
        spoken: replies with `.chunk` and `.text`, such as `session.Transcript.spoken`.
        num_chunks: chunks heard, the silent tail included.
        clips: source clips by id, for their `.recorded` and `.engine`; what is not in it is left
            out of the breakdowns.

    Raises:
        UserError: a reply lies outside the stream.
    """
    clips = clips or {}
    asr, responses = is_asr(stream), triggers(stream)
    matched = match(responses, spoken, num_chunks)
    counts: Counter[str] = Counter(
        hits=len(matched.hits),
        misses=len(matched.missed),
        early=len(matched.early),
        alarms=len(matched.false_alarms),
    )
    counts.update(_quiet(stream, spoken, matched))
    if not responses:
        counts.update(
            negative_streams=1,
            negative_alarms=len(matched.false_alarms),
            negative_hours=num_chunks * CHUNK_SECONDS / 3600,
        )
    if asr:
        reference = " ".join(word.text for word in stream.responses).lower()
        errors, words = word_errors(reference, " ".join(r.text for r in spoken).lower())
        counts.update(errors=errors, words=words)
    else:
        said = {hit.response: spoken[hit.spoken].text for hit in matched.hits}
        for index, response in enumerate(responses):
            counts.update(_reply(response, said.get(index), _sound(stream, response), clips))
    return StreamScore(
        stream.id,
        stream.task,
        asr,
        _engine(stream, clips),
        dict(counts),
        tuple(hit.delay for hit in matched.hits),
    )


def _quiet(stream: Stream, spoken: Sequence[Spoke], matched: Matched) -> dict[str, int]:
    disturbed = {spoken[index].chunk for index in matched.false_alarms}
    quiet = [
        disturbed.isdisjoint(range(chunk_of(event.start), trigger_chunk(event.end) + WINDOW + 1))
        for event in stream.events
        if event.role != "amb"
        and not any(r.start < event.end and r.end > event.start for r in stream.responses)
    ]
    return {"quiet": sum(quiet), "quiet_total": len(quiet)}


def _reply(
    response: Response, said: str | None, sound: Event | None, clips: Mapping
) -> dict[str, int]:
    """Counts of one reply; `said` is None if the trigger was not hit, which is wrong."""
    if said is None:
        right = False
    elif response.kind == "name":
        right = says(said, response.text)
    else:
        right = normalise(said) == normalise(response.text)
    counts = {f"{response.kind}_total": 1, f"{response.kind}_right": int(right)}
    if response.kind == "translation":
        counts |= translation.translation_counts(response.text, said or "")
    recorded = None if sound is None else is_recorded(sound, clips)
    if recorded is not None:
        origin = ORIGINS[0] if recorded else ORIGINS[1]
        counts |= {f"{origin}_total": 1, f"{origin}_hits": int(said is not None)}
        if response.kind == "name":
            counts |= {f"{origin}_names": 1, f"{origin}_named": int(right)}
    return counts


def is_recorded(event: Event, clips: Mapping) -> bool | None:
    """Whether what is heard was recorded; None if its clip is unknown.

    Args:
        clips: source clips by id. The id of a mended clip names what was done to it after a "+";
            what was synthesised for one stream alone has no clip.
    """
    clip = clips.get(event.clip.split("+")[0])
    if clip is not None:
        return clip.recorded
    return False if event.source == SYNTHESIS else None


def _sound(stream: Stream, response: Response) -> Event | None:
    """The sound a reply is about: the trigger itself, or what was heard before it was asked for."""
    sounds = [event for event in stream.events if event.kind == "sound" and event.role == "fg"]
    if response.kind == "name":
        return max(
            (event for event in sounds if event.start < response.start),
            key=lambda event: event.start,
            default=None,
        )
    return next((e for e in sounds if (e.start, e.end) == (response.start, response.end)), None)


def _engine(stream: Stream, clips: Mapping) -> str:
    engines = {
        clips[event.clip].engine
        for event in stream.events
        if event.kind == "speech" and event.clip in clips
    }
    return SEVERAL if len(engines) > 1 else next(iter(engines), "")
