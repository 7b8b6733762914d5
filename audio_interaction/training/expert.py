"""The expert: what is owed at every decision, given what was said before.

A model that is trained on the true history alone trusts that everything was said when it was due.
The histories of `slips` are disturbed, those of `own_histories` are its own, and their labels come
from here: what is due is owed until it has been said, or until the window of `corpus.matching` has
passed. So what was said too early is not said again, and what was missed is made up for.
"""

from audio_interaction.corpus.labels import Said
from audio_interaction.corpus.matching import WINDOW, Onset, match
from audio_interaction.corpus.schema import Response, Stream, is_asr
from audio_interaction.protocol import trigger_chunk


def owed(stream: Stream, num_chunks: int, due: dict[int, tuple[Response, ...]], said: Said) -> Said:
    """What should be said after every chunk; a chunk in which nothing is owed is left out.

    Args:
        stream, num_chunks: the stream and its length in chunks.
        due: its responses by chunk (`labels.due_chunks`).
        said: the history. The expert knows what stands before a chunk, and not what follows.
    """
    if is_asr(stream):
        return _owed_words(num_chunks, due, said)
    return _owed_replies(stream, num_chunks, due, said)


def _owed_replies(stream, num_chunks, due, said) -> Said:
    """A trigger is answered, or used up by what was said before its end, as in the evaluation."""
    chunks = list(said)
    matched = match(stream.responses, [Onset(chunk) for chunk in chunks], num_chunks)
    answered = {hit.response: chunks[hit.spoken] for hit in matched.hits}
    answered |= {response: chunks[spoken] for response, spoken in matched.early}
    order = {id(response): i for i, response in enumerate(stream.responses)}
    owed: Said = {}
    for chunk, (response,) in due.items():
        last = min(trigger_chunk(response.end) + WINDOW, num_chunks - 1)
        last = answered.get(order[id(response)], last)
        for at in range(chunk, last + 1):
            owed.setdefault(at, (response.text, response.emotion))
    return dict(sorted(owed.items()))


def _owed_words(num_chunks, due, said) -> Said:
    pending = [(word.text, chunk) for chunk, group in due.items() for word in group]
    owed: Said = {}
    before = ""
    for chunk in range(num_chunks):
        pending = [(word, at) for word, at in pending if chunk <= at + WINDOW]
        if mine := [word for word, at in pending if at <= chunk]:
            owed[chunk] = (" ".join(mine), "normal")
        if chunk in said and (heard := said[chunk][0].split()):
            near = [(word, at <= chunk) for word, at in pending if at <= chunk + 1]
            pending = pending[_told(near, heard, before) :]
            before = heard[-1]
    return owed


def _told(near: list[tuple[str, bool]], heard: list[str], before: str) -> int:
    """How many of the words that are near have been told with those that were heard.

    A word is told, and those in front of it passed over, when it is heard; and also when another
    one is heard in its place, if it was due and that is not the word before, heard again.
    """
    told = 0
    for i, word in enumerate(heard):
        places = [k for k in range(told, len(near)) if near[k][0] == word]
        if places:
            told = places[0] + 1
        elif told < len(near) and word != before:
            expected, is_due = near[told]
            told += is_due and expected not in heard[i + 1 :]
        before = word
    return told
