"""Further sentences of the mini corpus: those that the sub-tasks beyond plain chat need.

They stand beside `language.sentences()`, which stays as it is; a `Sentence` of either looks alike.

==============  ==========================================================  ====================
kind            what it is                                                  ``sound``, ``form``
==============  ==========================================================  ====================
chinese         Chinese; answer: its English                                 –
codeswitch      half Chinese, half English; answer: its English              –
feeling         something that moves the speaker; answer: a kind word        form: emotion of it
spelled         a word letter by letter, a code                              form: word, code
choice          "was that a bell or a drum"                                  sound: "bell|drum"
music_choice    "was that a flute or a piano"                                sound: "flute|piano"
music_open      "which instrument was that"                                  –
history_fact    "my name is anna"                                            form: name, sound: anna
history         "what is my name"; `history_reply` answers it                form: name
wake_order      "only answer when i say computer"                            –
wake            "computer what is the capital of france"; answer: paris      –
scene           "where am i" (where), "describe what you hear" (describe)    form
scene_command   "close the window if it rains"; answer: "closing the window" sound: rain
==============  ==========================================================  ====================

An empty answer means silence, or that the reply depends on what else is heard.
"""

from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache

from audio_interaction.corpus.language import SPLITS, Sentence, sentences, split_of
from audio_interaction.corpus.phrases import foreign, listening, talk
from audio_interaction.corpus.phrases.chinese import to_chinese
from audio_interaction.corpus.phrases.french import to_french
from audio_interaction.corpus.phrases.listening import MUSIC_NAMES, SCENES, heard_name
from audio_interaction.corpus.phrases.talk import WAKE_WORD, history_reply

__all__ = [
    "LANGUAGES", "MUSIC_NAMES", "SCENES", "WAKE_WORD", "heard_name", "history_reply",
    "phrases", "to_chinese", "to_french", "words_of",
]  # fmt: skip

LANGUAGES = {"chinese": "zh", "codeswitch": "zh-en"}
"""Language of the kinds whose answer is a translation; the other kinds are English."""

_LEAST = 2  # sentences of a kind and form in each held-out split


def words_of(text: str) -> list[str]:
    """Words of a text; a Chinese character is a word."""
    spaced = "".join(f" {char} " if "\u4e00" <= char <= "\u9fff" else char for char in text)
    return spaced.split()


@cache
def phrases() -> tuple[Sentence, ...]:
    """Every phrase once, in a fixed order; train has every word and every reply.

    Splits come from `split_of`, save for the few that are moved so that every split has at least
    two of each kind and form, and train whatever the other splits ask for.
    """
    made: dict[str, Sentence] = {}
    for maker in (*foreign.MAKERS, *talk.MAKERS, *listening.MAKERS):
        for text, kind, answer, sound, form in maker():
            language = LANGUAGES.get(kind, "en")
            phrase = Sentence(text, kind, answer, split_of(text), sound, form, language)
            made.setdefault(text, phrase)
    return tuple(_complete_train(_fill_splits(list(made.values()))))


def _parts(phrase: Sentence) -> set[tuple[str, str]]:
    """What train must have of a phrase: its words, its reply, the sounds or values it is about.

    A translation is held out with its sentence, its words are not.
    """
    parts = {("word", word) for word in words_of(f"{phrase.text} {phrase.answer}")}
    if phrase.answer and phrase.kind not in LANGUAGES:
        parts.add(("answer", phrase.answer))
    return parts | {("sound", value) for value in phrase.sound.split("|") if value}


def _known() -> set[tuple[str, str]]:
    """What train has already from the sentences of the closed language."""
    return set().union(*(_parts(s) for s in sentences() if s.split == "train"))


def _fill_splits(found: list[Sentence]) -> list[Sentence]:
    """Move phrases of train that train can spare to the splits that lack their kind and form."""
    groups = defaultdict(list)
    for index, phrase in enumerate(found):
        groups[phrase.kind, phrase.form].append(index)
    held = Counter(part for phrase in found if phrase.split == "train" for part in _parts(phrase))
    known = _known()
    for group in groups.values():
        for split in SPLITS[1:]:
            lacking = _LEAST - sum(found[index].split == split for index in group)
            spare = (
                index
                for index in group
                if found[index].split == "train"
                and all(held[part] > 1 or part in known for part in _parts(found[index]))
            )
            for index in spare if lacking > 0 else ():
                if lacking == 0:
                    break
                held.subtract(_parts(found[index]))
                found[index] = replace(found[index], split=split)
                lacking -= 1
    return found


def _complete_train(found: list[Sentence]) -> list[Sentence]:
    """Move to train the first phrase that has a word or a reply train has not."""
    held = _known().union(*(_parts(phrase) for phrase in found if phrase.split == "train"))
    for index, phrase in enumerate(found):
        if phrase.split != "train" and _parts(phrase) - held:
            found[index] = replace(phrase, split="train")
            held |= _parts(phrase)
    return found
