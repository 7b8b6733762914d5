"""The silence audit: does a sound need a response nobody asked for?

Paper §3.3, App. B.2: the default is silence, since speaking up too often is what fails in practice.
A response is due for four classes of signs only; what cannot be decided is "borderline" and leaves
the corpus. `audit` decides by the words of the caption, `EndpointAuditor` asks a language model.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audio_interaction.corpus.endpoint import ChatEndpoint
from audio_interaction.corpus.scenario import Rejected, Scenario, SubEvent
from audio_interaction.errors import UserError

SILENT, RESPOND, BORDERLINE = "silent", "respond", "borderline"
DECISIONS = (SILENT, RESPOND, BORDERLINE)

Auditor = Callable[[str, str, Sequence[str]], str]
"""From the caption of a sound, the scene and the captions around it to one of `DECISIONS`."""


@dataclass(frozen=True)
class DangerClass:
    """One of the four classes that call for a response.

    Attributes:
        title: what it is.
        labels: sound labels of the kit that belong to it.
        signs: patterns of captions that call for a response.
        weak: patterns that do not alone; two different ones, in the caption and around it, are
            borderline.
        look_alikes: patterns of what only sounds like it; in the caption they mean silence.
        contexts: patterns of where it is no danger; in the caption they mean silence, around it
            they make a sign borderline.
    """

    title: str
    labels: tuple[str, ...]
    signs: tuple[str, ...]
    weak: tuple[str, ...]
    look_alikes: tuple[str, ...]
    contexts: tuple[str, ...]

    @property
    def harmless(self) -> tuple[str, ...]:
        """Whatever in a caption means silence."""
        return self.look_alikes + self.contexts


# Made up to be heard, whatever it is.
_STAGED = (
    r"on (?:the )?(?:tv|television|radio)",
    r"(?:film|movie|video|game|theat\w+|cartoon|rehears\w+)", r"toys?", r"drills?|test of the",
    r"recording of",
)  # fmt: skip

DANGERS: dict[str, DangerClass] = {
    "distress": DangerClass(
        "acute physiological distress",
        ("scream",),
        (r"scream\w*", r"shriek\w*", r"cr(?:y|ies|ying) (?:for help|out|in pain)",
         r"chok(?:es?|ing)", r"gasp\w*", r"moan\w* (?:in|of) pain", r"collaps\w*", r"wheez\w*",
         r"cannot breathe"),
        (r"cough\w*", r"groan\w*", r"sobb?\w*", r"thud", r"heavy breathing", r"stumbl\w*"),
        (r"laugh\w*", r"joy\w*", r"delight\w*", r"birds?", r"babies|baby", r"kettle"),
        (r"cheer\w*", r"playing", r"playground", r"roller coaster", r"applau\w+", r"fans"),
    ),
    "weather": DangerClass(
        "severe weather or natural hazard",
        (),
        (r"tornado\w*", r"hurricane\w*", r"earthquake\w*", r"landslide\w*", r"avalanche\w*",
         r"flood\w*", r"hail(?:stones?|storm)?", r"violent (?:storm|thunderstorm)\w*",
         r"lightning strikes? (?:close|near)\w*", r"trees? (?:falls?|crash\w*|snaps?)"),
        (r"thunder\w*", r"heavy rain|rain drums|pouring", r"howling|gale|strong wind",
         r"storm\w*", r"rumbl\w* ground"),
        (r"fountain\w*", r"shower", r"waterfall\w*", r"timpani"),
        (r"weather report", r"forecast"),
    ),
    "damage": DangerClass(
        "damage of equipment or fire",
        ("explosion", "glass", "saw"),
        (r"explo\w+", r"glass (?:breaks?|breaking|shatters?|smash\w*)",
         r"(?:pane|window|bottle|mirror)s?\b.*\b(?:shatter|smash|break)\w*",
         r"fire (?:crackl|roar|burn|spread)\w*", r"burning (?:house|wood beams|cables?)",
         r"metal (?:grinds?|grinding|screech\w*)", r"gas (?:hiss\w*|leak\w*)",
         r"sparks?|short circuit", r"saw (?:cuts|whines|roars)", r"boiler (?:hiss\w*|burst\w*)",
         r"pipes? burst\w*"),
        (r"crackl\w*", r"hiss\w*", r"grind\w*", r"rattl\w*", r"crash\w*", r"bang\w*"),
        (r"popcorn", r"champagne", r"balloons?", r"fireplace"),
        (r"fireworks?", r"camp ?fire", r"recycling", r"construction site", r"quarry"),
    ),
    "signal": DangerClass(
        "safety-critical signal of the surroundings",
        ("alarm", "siren", "horn", "gunshot"),
        (r"alarms?", r"(?:smoke|gas|carbon monoxide) detectors?", r"sirens?", r"honk\w*",
         r"horns? (?:blare|blast)\w*", r"leans on the horn", r"(?:car|truck) horns?",
         r"gun ?shots?", r"gunfire", r"shots? fired",
         r"(?:brakes?|tires?) (?:screech|squeal)\w*", r"reversing beeps?"),
        (r"beep\w*", r"buzz\w*", r"whistl\w*", r"revv\w*"),
        (r"alarm clocks?", r"phones?", r"door ?bells?", r"bicycle bells?",
         r"ice cream (?:van|truck)", r"goose|geese", r"kettle", r"microwave", r"timer",
         r"french horns?", r"brass", r"trumpets?", r"nail gun",
         r"starting (?:gun|pistol)"),
        (r"orchestra", r"band", r"concert", r"shooting range", r"stadium", r"wedding"),
    ),
}  # fmt: skip
"""The four classes of the paper, and what they are among the labels and captions of the kit.

The saw belongs to none of them: the kit warns of it all the same (`language.WARNINGS`).
"""

UNSURE = (
    r"maybe", r"perhaps", r"possibly", r"might be", r"could be", r"something like", r"resembl\w*",
    r"faint\w*", r"muffled", r"in the distance", r"distant\w*", r"far away",
)  # fmt: skip
"""What makes a sign borderline."""

CLASS_OF_LABEL = {label: name for name, danger in DANGERS.items() for label in danger.labels}


def _found(patterns: Sequence[str], text: str) -> list[str]:
    return [pattern for pattern in patterns if re.search(rf"\b(?:{pattern})\b", text)]


def danger_of(caption: str) -> str:
    """The class of `DANGERS` that a caption or a label has a sign of; "" if it has none.

    A look-alike that the caption itself names is none, whatever else it says.
    """
    text = _plain(caption)
    if text in CLASS_OF_LABEL:
        return CLASS_OF_LABEL[text]
    if _found(_STAGED, text):
        return ""
    for name, danger in DANGERS.items():
        if _found(danger.signs, text) and not _found(danger.harmless, text):
            return name
    return ""


def audit(caption: str, scene: str = "", neighbours: Sequence[str] = ()) -> str:
    """Whether a sound calls for a response, by the words of its caption.

    Args:
        caption: what is heard, in words, or its label.
        scene: the sentence of the scenario.
        neighbours: captions of what is heard before and after.

    Returns:
        "respond" for a plain sign of danger; "borderline" for one that the caption is unsure of,
        that has a harmless context, and for two weak signs of one class; else "silent".

    Raises:
        UserError: the caption is empty.
    """
    text = _plain(caption)
    if not text:
        raise UserError("the audit needs a caption of what is heard")
    around = " ; ".join(map(_plain, (scene, *neighbours)))
    if name := danger_of(caption):
        doubts = (*_STAGED, *DANGERS[name].contexts)
        return BORDERLINE if _found(UNSURE, text) or _found(doubts, around) else RESPOND
    if _found(_STAGED, text):
        return SILENT
    for danger in DANGERS.values():
        here = _found(danger.weak, text)
        if here and not _found(danger.harmless, text):
            if len({*here, *_found(danger.weak, around)}) > 1:
                return BORDERLINE
    return SILENT


def _plain(text: str) -> str:
    """Words in lower case; of "the sound 'horn'" only the label."""
    plain = " ".join(re.findall(r"\w+(?:'\w+)*", text.lower()))
    return re.sub(r"^the sound (?:of )?(.+?)(?: close by| in the background)?$", r"\1", plain)


AUDITOR_PROMPT = """\
A listener hears everything around it and may speak up without being asked. Decide for one sound
whether it should. The default is "silent": speaking up needlessly is the worst that it can do.
"respond" only for a plain sign of
{classes}
Everyday sounds that only resemble such a sign, played recordings, games and drills are "silent".
If the caption leaves it open, or the scene speaks against the sign: "borderline".

Answer with one JSON object: {{"decision": "silent" | "respond" | "borderline", "class": "...",
"reason": "..."}}
`class` is one of {names} with "respond", else ""; `reason` is one sentence."""


class EndpointAuditor:
    """An auditor that asks a chat model, held to `check_audit`."""

    def __init__(self, endpoint: ChatEndpoint):
        self.endpoint = endpoint
        self.prompt = AUDITOR_PROMPT.format(
            classes="\n".join(f"- {name}: {danger.title};" for name, danger in DANGERS.items()),
            names=", ".join(DANGERS),
        )

    def __call__(self, caption: str, scene: str = "", neighbours: Sequence[str] = ()) -> str:
        """As `audit`.

        Raises:
            UserError: the caption is empty, or the endpoint gives no valid answer.
        """
        if not caption.strip():
            raise UserError("the audit needs a caption of what is heard")
        asked = {"caption": caption, "scene": scene, "neighbours": list(neighbours)}
        text = json.dumps(asked, ensure_ascii=False)
        return self.endpoint.json(self.prompt, text, check_audit)["decision"]


def check_audit(answer: dict) -> None:
    """Raises UserError if the JSON of a model is no decision, or names no class for a response."""
    decision, name, reason = (answer.get(key) for key in ("decision", "class", "reason"))
    if decision not in DECISIONS:
        raise UserError(f"`decision` must be one of {', '.join(DECISIONS)}")
    if not isinstance(reason, str) or not reason.strip():
        raise UserError("`reason` must be a sentence")
    if decision == RESPOND and name not in DANGERS:
        raise UserError(f"to respond needs a `class` out of {', '.join(DANGERS)}")
    if decision != RESPOND and name:
        raise UserError('`class` must be "" unless the decision is "respond"')


def audit_scenario(scenario: Scenario, auditor: Auditor = audit) -> Scenario:
    """The plan itself, if the audit of each of its unasked-for sounds agrees with it.

    Audited are the sounds of the foreground that call for a warning or for nothing. Only for plans
    without an order: whoever counts sirens does not want to be warned of them.

    Raises:
        Rejected: "audit_borderline"; "audit_respond" for a danger the plan is silent about;
            "audit_silent" for a needless warning.
    """
    for index, event in enumerate(scenario.events):
        if event.what != "sound" or event.role != "fg" or event.kind not in ("", "warn"):
            continue
        around = [_caption(e) for i, e in enumerate(scenario.events) if abs(i - index) == 1]
        decision = auditor(_caption(event), scenario.scene, around)
        if decision != (RESPOND if event.reply else SILENT):
            raise Rejected(f"audit_{decision}", f"event {event.id!r}: {event.description}")
    return scenario


def _caption(event: SubEvent) -> str:
    """What is heard; of words spoken nobody needs to be warned, whatever they say."""
    return event.description if event.what == "sound" else "speech"
