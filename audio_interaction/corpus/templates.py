"""The templates of the closed English but for the questions (`corpus.questions`).

Each maker yields its sentences as `Filled`; `language` gives them their split. The words that fill
the templates are in `corpus.slots`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations, product

from audio_interaction.corpus.questions import questions
from audio_interaction.corpus.slots import (
    AMOUNTS,
    CAPITALS,
    COLORS,
    DAYS,
    DEVICES,
    GROCERIES,
    LETTERS,
    MONTHS,
    MUSIC,
    NAMES,
    NUMBERS,
    OPENINGS,
    ROOMS,
    SOUND_NAMES,
    Filled,
)


def _fill(template: str, **slots) -> Iterator[tuple[str, dict[str, str]]]:
    """The template filled with every combination of the slots' values, and the values used."""
    for values in product(*slots.values()):
        chosen = dict(zip(slots, values, strict=True))
        yield template.format(**chosen), chosen


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


def commands() -> Iterator[Filled]:
    for orders, answer, slots in _COMMANDS:
        for order in orders:
            for text, chosen in _fill(order, **slots):
                yield Filled(text, "command", answer.format(**chosen))
    for first, second in permutations(GROCERIES, 2):
        for text in _ordered(f"add {first} and {second} to the list"):
            yield Filled(text, "command", f"{first} and {second} added")


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


def statements() -> Iterator[Filled]:
    for template, slots in _STATEMENTS:
        for text, chosen in _fill(template, **slots):
            if len(set(chosen.values())) == len(chosen):  # "tom sent a message to tom"
                yield Filled(text, "statement")


# --- digit strings and spelled letters ------------------------------------------------------------
def digits(count: int = 600) -> Iterator[Filled]:
    draw = random.Random(0)
    for _ in range(count):
        symbols = LETTERS if draw.random() < 0.35 else NUMBERS[:10]
        text = " ".join(draw.choices(symbols, k=draw.randint(3, 6)))
        yield Filled(text, "digits")


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


def instructions() -> Iterator[Filled]:
    openers = (opener + question for opener, question in product(_NAME_OPENERS, _NAME))
    for text in (*openers, *_NAME_ORDERS):
        yield Filled(text, "instruction", form="name")
    for sound, (phrase, plural) in SOUND_NAMES.items():
        for template in _WATCH:
            text = template.format(sound=phrase)
            yield Filled(text, "instruction", sound=sound, form="watch")
        for template in _COUNT:
            text = template.format(sounds=plural)
            yield Filled(text, "instruction", sound=sound, form="count")


MAKERS = (questions, commands, statements, digits, instructions)
