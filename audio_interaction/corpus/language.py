"""The closed English of the mini corpus: about 300 words, some thousand sentences.

Every sentence is filled from a template, so a held-out sentence asks for a known fact in a new
way or combines known slots anew: a model that has learnt the words can answer it. Texts are lower
case, without punctuation, with spelled numbers. This is the text side of StreamAudio (paper §4) at
the scale of a laptop.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations, product

from audio_interaction.errors import UserError

KINDS = ("question", "command", "statement", "digits", "instruction")
SPLITS = ("train", "validation", "test")

COUNT_WORDS = ("one", "two", "three", "four", "five")

# Sound event -> (what one hears, what one counts).
SOUND_NAMES: dict[str, tuple[str, str]] = {
    "alarm": ("an alarm", "alarms"),
    "siren": ("a siren", "sirens"),
    "horn": ("a horn", "horns"),
    "bell": ("a bell", "bells"),
    "phone": ("a phone", "phones"),
    "knock": ("a knock", "knocks"),
    "explosion": ("an explosion", "explosions"),
    "gunshot": ("a gunshot", "gunshots"),
    "glass": ("glass breaking", "breaking glasses"),
    "scream": ("a scream", "screams"),
    "thunder": ("thunder", "claps of thunder"),
    "engine": ("an engine", "engines"),
    "train": ("a train", "trains"),
    "saw": ("a saw", "saws"),
    "rain": ("rain", "showers of rain"),
    "water": ("water", "splashes of water"),
    "footsteps": ("footsteps", "footsteps"),
    "dog": ("a dog", "dogs"),
    "rooster": ("a rooster", "roosters"),
    "cow": ("a cow", "cows"),
    "sheep": ("a sheep", "sheep"),
    "bird": ("a bird", "birds"),
    "drum": ("a drum", "drums"),
    "hammer": ("a hammer", "hammers"),
}

WARNINGS: dict[str, str] = {
    "alarm": "warning i hear an alarm are you safe",
    "siren": "careful i hear a siren stay safe",
    "horn": "careful i hear a horn watch out",
    "explosion": "warning i hear an explosion are you safe",
    "gunshot": "warning i hear a gunshot stay down",
    "glass": "careful i hear glass breaking are you safe",
    "scream": "i hear a scream do you need help",
    "saw": "careful i hear a saw stay away",
}

# Replies that no sentence owns: they answer sounds.
EXTRA_REPLIES: tuple[str, ...] = (
    *WARNINGS.values(),
    *(phrase for phrase, _ in SOUND_NAMES.values()),
    *COUNT_WORDS,
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of the closed language.

    ``answer`` is the reply a listener owes. It is empty for statements and digit strings, and for
    instructions too, whose reply depends on the sounds of the stream (`name_reply`,
    ``COUNT_WORDS``). ``form`` is "name", "watch" or "count" for instructions, else "";
    ``sound`` names the event that a "watch" or "count" instruction is about, else "".
    """

    text: str
    kind: str
    answer: str
    split: str
    sound: str = ""
    form: str = ""


def split_of(text: str) -> str:
    """Split of a sentence by a stable hash of its text: train 80, validation 8, test 12 %."""
    draw = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
    return "train" if draw < 0.80 else "validation" if draw < 0.88 else "test"


def name_reply(sound: str) -> str:
    """What names a sound event ("a bell"). Raises UserError for a sound outside SOUND_NAMES."""
    return _lookup(SOUND_NAMES, sound, "sound")[0]


def warning(sound: str) -> str:
    """The warning for a hazard sound, 4-8 words. Raises UserError if the sound is no hazard."""
    return _lookup(WARNINGS, sound, "hazard")


def _lookup(table: dict, key: str, what: str):
    if key not in table:
        raise UserError(f"{key!r} is no {what} of the closed language; use one of {sorted(table)}")
    return table[key]


# --- slots ----------------------------------------------------------------------------------------
CAPITALS = {
    "france": "paris", "italy": "rome", "spain": "madrid", "germany": "berlin", "japan": "tokyo",
    "egypt": "cairo", "russia": "moscow", "england": "london", "greece": "athens",
    "norway": "oslo",
}  # fmt: skip
OPPOSITES = ("hot cold", "big small", "fast slow", "high low", "day night", "black white")
COLORS = {
    "the sky": "blue", "grass": "green", "snow": "white", "a banana": "yellow", "blood": "red",
    "coal": "black", "a carrot": "orange",
}  # fmt: skip
VOICES_OF = {"cow": "moo", "dog": "woof", "cat": "meow", "duck": "quack"}
LEGS = {"dog": "four", "bird": "two", "cow": "four", "duck": "two"}
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = (
    "january february march april may june july august september october november december"
).split()
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
AMOUNTS = ("two", "three", "five", "ten", "fifteen", "twenty", "thirty")
LETTERS = tuple("fhklmqsx")
NAMES = ("anna", "tom", "mary", "john", "peter", "lucy")
DEVICES = ("lamp", "light", "fan", "radio", "heater")
ROOMS = ("kitchen", "bedroom", "bathroom", "garage", "office")
OPENINGS = ("door", "window")
MUSIC = ("jazz", "rock", "piano", "dance", "folk")
GROCERIES = ("milk", "bread", "sugar", "coffee", "rice", "butter")


def _fill(template: str, **slots) -> Iterator[tuple[str, dict[str, str]]]:
    """The template filled with every combination of the slots' values, and the values used."""
    for values in product(*slots.values()):
        chosen = dict(zip(slots, values, strict=True))
        yield template.format(**chosen), chosen


# --- questions ------------------------------------------------------------------------------------
def _asked(noun: str) -> tuple[str, ...]:
    """Six ways to ask for a noun phrase."""
    return (
        f"what is {noun}",
        f"tell me {noun}",
        f"please tell me {noun}",
        f"can you tell me {noun}",
        f"do you know {noun}",
        f"i want to know {noun}",
    )


def _wondered(question: str) -> tuple[str, ...]:
    """Five ways to wrap a direct question that keeps its word order."""
    return (
        question,
        f"please tell me {question}",
        f"can you tell me {question}",
        f"do you know {question}",
        f"quick question {question}",
    )


def _facts() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(answer, ways to ask) for each fact."""
    for country, city in CAPITALS.items():
        yield (
            city,
            (
                *_asked(f"the capital of {country}"),
                *_wondered(f"which city is the capital of {country}"),
            ),
        )
        yield (
            country,
            (
                *_wondered(f"which country has the capital {city}"),
                *_wondered(f"{city} is the capital of which country"),
            ),
        )
    for pair in OPPOSITES:
        for word, other in permutations(pair.split()):
            yield (
                other,
                (
                    *_asked(f"the opposite of {word}"),
                    *_wondered(f"which word is the opposite of {word}"),
                ),
            )
    for thing, color in COLORS.items():
        yield (
            color,
            (
                *_asked(f"the color of {thing}"),
                *_wondered(f"which color is {thing}"),
                f"what color is {thing}",
            ),
        )
    for animal, sound in VOICES_OF.items():
        yield (
            f"a {animal}",
            (*_wondered(f"which animal says {sound}"), *_wondered(f"what animal says {sound}")),
        )
        yield (
            sound,
            (
                f"what does a {animal} say",
                f"quick question what does a {animal} say",
                *_wondered(f"what a {animal} says")[1:4],
                *_wondered(f"what the {animal} says")[1:4],
            ),
        )
    for animal, number in LEGS.items():
        yield number, _wondered(f"how many legs does a {animal} have")
        yield number, _wondered(f"how many legs has a {animal}")
    for what, series in (("day", DAYS), ("month", MONTHS)):
        for now, then in zip(series, series[1:] + series[:1], strict=True):
            yield (
                then,
                (
                    *_wondered(f"which {what} comes after {now}"),
                    *_wondered(f"what {what} is after {now}"),
                    f"what comes after {now}",
                ),
            )
    for now, then in zip(NUMBERS, NUMBERS[1:], strict=False):
        yield (
            then,
            (
                *_wondered(f"which number comes after {now}"),
                *_wondered(f"what number is after {now}"),
                f"what comes after {now}",
            ),
        )


def _questions() -> Iterator[Sentence]:
    for answer, texts in _facts():
        for text in texts:
            yield Sentence(text, "question", answer, split_of(text))


# --- commands -------------------------------------------------------------------------------------
def _ordered(order: str) -> tuple[str, ...]:
    return (order, f"please {order}", f"can you {order}", f"{order} please")


# (orders, answer, slots)
_COMMANDS: tuple[tuple[tuple[str, ...], str, dict], ...] = (
    (
        (
            *_ordered("turn {state} the {device} in the {room}"),
            *_ordered("switch the {device} in the {room} {state}"),
        ),
        "the {device} in the {room} is {state}",
        {"state": ("on", "off"), "device": DEVICES, "room": ROOMS},
    ),
    (
        _ordered("open the {thing} in the {room}"),
        "the {thing} in the {room} is open",
        {"thing": OPENINGS, "room": ROOMS},
    ),
    (
        _ordered("close the {thing} in the {room}"),
        "the {thing} in the {room} is closed",
        {"thing": OPENINGS, "room": ROOMS},
    ),
    (
        (
            *_ordered("set a timer for {n} {unit}"),
            "start a timer for {n} {unit}",
            "i need a timer for {n} {unit}",
        ),
        "timer set for {n} {unit}",
        {"n": AMOUNTS, "unit": ("minutes", "seconds")},
    ),
    (
        (*_ordered("set an alarm for {n}"), "wake me at {n}", "please wake me at {n}"),
        "alarm set for {n}",
        {"n": NUMBERS[5:]},
    ),
    (
        (*_ordered("set the volume to {n}"), "volume to {n}", "turn the volume to {n}"),
        "volume set to {n}",
        {"n": NUMBERS[:10]},
    ),
    (
        (*_ordered("call {name}"), "i want to call {name}", "i need to call {name}"),
        "calling {name}",
        {"name": NAMES},
    ),
    (
        (*_ordered("send a message to {name}"), "i want to send a message to {name}"),
        "message sent to {name}",
        {"name": NAMES},
    ),
    (
        _ordered("remind me to call {name} on {day}"),
        "reminder to call {name} on {day}",
        {"name": NAMES, "day": DAYS},
    ),
    (
        (*_ordered("play some {style} music"), "i want {style} music", "play {style} music"),
        "playing {style} music",
        {"style": MUSIC},
    ),
    (
        _ordered("play {style} music in the {room}"),
        "playing {style} music in the {room}",
        {"style": MUSIC, "room": ROOMS},
    ),
    (
        (*_ordered("add {food} to the list"), "put {food} on the list", "we need {food}"),
        "{food} is on the list",
        {"food": GROCERIES},
    ),
)


def _commands() -> Iterator[Sentence]:
    for orders, answer, slots in _COMMANDS:
        for order in orders:
            for text, chosen in _fill(order, **slots):
                yield Sentence(text, "command", answer.format(**chosen), split_of(text))
    for first, second in permutations(GROCERIES, 2):
        for text in _ordered(f"add {first} and {second} to the list"):
            yield Sentence(text, "command", f"{first} and {second} added", split_of(text))


# --- statements: nobody needs a reply, however much they look like the above ----------------------
_WHEN = ("yesterday", "last night", "on monday", "on friday", "on sunday")
_STATEMENTS: tuple[tuple[str, dict], ...] = (
    ("the {device} in the {room} is {how}",
     {"device": DEVICES, "room": ROOMS, "how": ("old", "new", "broken", "on", "off")}),
    ("{name} turned {state} the {device} in the {room}",
     {"name": ("anna", "tom"), "state": ("on", "off"), "device": DEVICES, "room": ROOMS}),
    ("the {thing} in the {room} was {how} {when}",
     {"thing": OPENINGS, "room": ROOMS, "how": ("open", "closed"), "when": _WHEN[:2]}),
    ("i asked about the capital of {country} {when}", {"country": CAPITALS, "when": _WHEN[:3]}),
    ("{name} knows the capital of {country}", {"name": NAMES[:3], "country": CAPITALS}),
    ("we were in {city} last {month}", {"city": CAPITALS.values(), "month": MONTHS[:6]}),
    ("{name} will be in {city} on {day}",
     {"name": NAMES[3:], "city": CAPITALS.values(), "day": DAYS[4:]}),
    ("{name} called me {when}", {"name": NAMES, "when": _WHEN}),
    ("{name} sent a message to {other}", {"name": NAMES, "other": NAMES}),
    ("i like {style} music in the {room}", {"style": MUSIC, "room": ROOMS}),
    ("{name} plays {style} music", {"name": NAMES, "style": MUSIC}),
    ("we had {first} and {second} {when}",
     {"first": GROCERIES, "second": GROCERIES, "when": _WHEN[:2]}),
    ("the {food} is on the list", {"food": GROCERIES}),
    ("the timer was set for {n} minutes", {"n": AMOUNTS}),
    ("the {thing} was {color} {when}",
     {"thing": ("sky", "grass", "snow", "door", "lamp"), "color": COLORS.values(),
      "when": _WHEN[:1]}),
    ("{day} was a {how} day",
     {"day": DAYS, "how": ("hot", "cold", "slow", "big")}),
    ("{name} was here in {month}", {"name": NAMES, "month": MONTHS}),
    ("i heard {sound} {when}",
     {"sound": [phrase for phrase, _ in SOUND_NAMES.values()], "when": _WHEN}),
    ("{name} likes the sound of {sound}",
     {"name": NAMES[:3], "sound": [phrase for phrase, _ in SOUND_NAMES.values()]}),
    ("we counted the {sounds} {when}",
     {"sounds": [plural for _, plural in SOUND_NAMES.values()], "when": _WHEN[:2]}),
)  # fmt: skip


def _statements() -> Iterator[Sentence]:
    for template, slots in _STATEMENTS:
        for text, chosen in _fill(template, **slots):
            if len(set(chosen.values())) == len(chosen):  # "tom sent a message to tom"
                yield Sentence(text, "statement", "", split_of(text))


# --- digit strings and spelled letters ------------------------------------------------------------
def _digits(count: int = 600) -> Iterator[Sentence]:
    draw = random.Random(0)
    for _ in range(count):
        symbols = LETTERS if draw.random() < 0.35 else NUMBERS[:10]
        text = " ".join(draw.choices(symbols, k=draw.randint(3, 6)))
        yield Sentence(text, "digits", "", split_of(text))


# --- instructions about sounds --------------------------------------------------------------------
_NAME = (
    "what was that", "what was that sound", "which sound was that", "what sound was that",
    "what made that sound", "what is that sound", "what did you hear", "which sound did you hear",
    "what do you hear",
)  # fmt: skip
_NAME_OPENERS = ("", "please tell me ", "can you tell me ", "quick question ", "i heard it too ")
_NAME_ORDERS = (
    "name that sound", "please name that sound", "can you name that sound",
    "tell me what that sound was", "do you know what that sound was",
    "i want to know what that sound was",
)  # fmt: skip
_WATCH = (
    "tell me when you hear {sound}", "please tell me when you hear {sound}",
    "can you tell me when you hear {sound}", "let me know when you hear {sound}",
    "please let me know when you hear {sound}", "let me know when there is {sound}",
    "tell me when there is {sound}", "watch for {sound}", "please watch for {sound}",
    "i want to know when there is {sound}",
)  # fmt: skip
_COUNT = (
    "count the {sounds}", "please count the {sounds}", "can you count the {sounds}",
    "count the {sounds} please", "count the {sounds} for me", "i want to know how many {sounds}",
    "how many {sounds} do you hear", "please tell me how many {sounds} you hear",
    "tell me how many {sounds} there are", "how many {sounds} are there",
)  # fmt: skip


def _instructions() -> Iterator[Sentence]:
    openers = (opener + question for opener, question in product(_NAME_OPENERS, _NAME))
    for text in (*openers, *_NAME_ORDERS):
        yield Sentence(text, "instruction", "", split_of(text), form="name")
    for sound, (phrase, plural) in SOUND_NAMES.items():
        for template in _WATCH:
            text = template.format(sound=phrase)
            yield Sentence(text, "instruction", "", split_of(text), sound, "watch")
        for template in _COUNT:
            text = template.format(sounds=plural)
            yield Sentence(text, "instruction", "", split_of(text), sound, "count")


@cache
def sentences() -> tuple[Sentence, ...]:
    """Every sentence once, in a fixed order. Train has every word, answer and slot value."""
    made: dict[str, Sentence] = {}
    for maker in (_questions, _commands, _statements, _digits, _instructions):
        for sentence in maker():
            made.setdefault(sentence.text, sentence)
    return tuple(made.values())


@cache
def vocabulary() -> frozenset[str]:
    """All words of the sentences, of their answers, and of EXTRA_REPLIES."""
    texts = (text for s in sentences() for text in (s.text, s.answer))
    return frozenset(word for text in (*texts, *EXTRA_REPLIES) for word in text.split())
