"""English of the closed language into French: lower case, with accents."""

from functools import cache

from audio_interaction.corpus.phrases.translating import Templates
from audio_interaction.corpus.slots import NAMES, NUMBERS

_HER = {"old": "vieille", "new": "neuve", "broken": "cassée", "on": "allumée", "off": "éteinte"}
_HIM = {"old": "vieux", "new": "neuf", "broken": "cassé", "on": "allumé", "off": "éteint"}
_CITIES = {
    "paris": "paris", "rome": "rome", "madrid": "madrid", "berlin": "berlin", "tokyo": "tokyo",
    "moscow": "moscou", "london": "londres", "athens": "athènes", "oslo": "oslo",
}  # fmt: skip
_NUMBERS = dict(
    zip(
        NUMBERS,
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze".split(),
        strict=True,
    )
)

SLOTS = {
    "country": {
        "france": "de la france", "italy": "de l'italie", "spain": "de l'espagne",
        "germany": "de l'allemagne", "japan": "du japon", "egypt": "de l'égypte",
        "russia": "de la russie", "england": "de l'angleterre", "greece": "de la grèce",
        "norway": "de la norvège",
    },
    "city": {english: {"the": french, "at": f"à {french}"} for english, french in _CITIES.items()}
    | {"cairo": {"the": "le caire", "at": "au caire"}},
    "word": {
        "hot": "chaud", "cold": "froid", "big": "grand", "small": "petit", "fast": "rapide",
        "slow": "lent", "high": "haut", "low": "bas", "day": "jour", "night": "nuit",
        "black": "noir", "white": "blanc",
    },
    "thing": {
        "the sky": {"the": "le ciel", "of": "du ciel"},
        "grass": {"the": "l'herbe", "of": "de l'herbe"},
        "snow": {"the": "la neige", "of": "de la neige"},
        "a banana": {"the": "une banane", "of": "d'une banane"},
        "blood": {"the": "le sang", "of": "du sang"},
        "coal": {"the": "le charbon", "of": "du charbon"},
        "a carrot": {"the": "une carotte", "of": "d'une carotte"},
    },
    "animal": {"dog": "un chien", "bird": "un oiseau", "cow": "une vache", "duck": "un canard"},
    "day": {
        "monday": "lundi", "tuesday": "mardi", "wednesday": "mercredi", "thursday": "jeudi",
        "friday": "vendredi", "saturday": "samedi", "sunday": "dimanche",
    },
    "month": {
        "january": "janvier", "february": "février", "march": "mars", "april": "avril",
        "may": "mai", "june": "juin", "july": "juillet", "august": "août",
        "september": "septembre", "october": "octobre", "november": "novembre",
        "december": "décembre",
    },
    "number": _NUMBERS,
    "amount": {
        "two": "deux", "three": "trois", "five": "cinq", "ten": "dix", "fifteen": "quinze",
        "twenty": "vingt", "thirty": "trente",
    },
    "unit": {"minutes": "minutes", "seconds": "secondes"},
    "name": {name: name for name in NAMES},
    "device": {
        "lamp": {"the": "la lampe", **_HER}, "light": {"the": "la lumière", **_HER},
        "fan": {"the": "le ventilateur", **_HIM}, "radio": {"the": "la radio", **_HER},
        "heater": {"the": "le chauffage", **_HIM},
    },
    "room": {
        "kitchen": {"of": "de la cuisine", "in": "dans la cuisine"},
        "bedroom": {"of": "de la chambre", "in": "dans la chambre"},
        "bathroom": {"of": "de la salle de bain", "in": "dans la salle de bain"},
        "garage": {"of": "du garage", "in": "dans le garage"},
        "office": {"of": "du bureau", "in": "dans le bureau"},
    },
    "opening": {"door": "la porte", "window": "la fenêtre"},
    "style": {
        "jazz": "du jazz", "rock": "du rock", "piano": "de la musique de piano",
        "dance": "de la musique de danse", "folk": "de la musique folk",
    },
    "food": {
        "milk": {"some": "du lait", "the": "le lait"},
        "bread": {"some": "du pain", "the": "le pain"},
        "sugar": {"some": "du sucre", "the": "le sucre"},
        "coffee": {"some": "du café", "the": "le café"},
        "rice": {"some": "du riz", "the": "le riz"},
        "butter": {"some": "du beurre", "the": "le beurre"},
    },
    "when": {
        "yesterday": "hier", "last night": "hier soir", "on monday": "lundi",
        "on friday": "vendredi", "on sunday": "dimanche",
    },
    "sound": {
        "an alarm": "une alarme", "a siren": "une sirène", "a horn": "un klaxon",
        "a bell": "une cloche", "a phone": "un téléphone", "a knock": "un coup à la porte",
        "an explosion": "une explosion", "a gunshot": "un coup de feu",
        "glass breaking": "du verre se briser", "a scream": "un cri", "thunder": "le tonnerre",
        "an engine": "un moteur", "a train": "un train", "a saw": "une scie", "rain": "la pluie",
        "water": "de l'eau", "footsteps": "des pas", "a dog": "un chien", "a rooster": "un coq",
        "a cow": "une vache", "a sheep": "un mouton", "a bird": "un oiseau",
        "a drum": "un tambour", "a hammer": "un marteau",
    },
}  # fmt: skip

TEMPLATES = (
    ("what is the capital of {country}", "quelle est la capitale {country}"),
    ("which city is the capital of {country}", "quelle ville est la capitale {country}"),
    ("tell me the capital of {country}", "dis-moi la capitale {country}"),
    ("which country has the capital {city}", "quel pays a pour capitale {city[the]}"),
    ("what is the opposite of {word}", "quel est le contraire de {word}"),
    ("tell me the opposite of {word}", "dis-moi le contraire de {word}"),
    ("what color is {thing}", "de quelle couleur est {thing[the]}"),
    ("what is the color of {thing}", "quelle est la couleur {thing[of]}"),
    ("which day comes after {day}", "quel jour vient après {day}"),
    ("which month comes after {month}", "quel mois vient après {month}"),
    ("which number comes after {number}", "quel nombre vient après {number}"),
    ("how many legs does a {animal} have", "combien de pattes a {animal}"),
    ("turn on the {device} in the {room}", "allume {device[the]} {room[of]}"),
    ("turn off the {device} in the {room}", "éteins {device[the]} {room[of]}"),
    ("switch the {device} in the {room} on", "allume {device[the]} {room[of]}"),
    ("switch the {device} in the {room} off", "éteins {device[the]} {room[of]}"),
    ("open the {opening} in the {room}", "ouvre {opening} {room[of]}"),
    ("close the {opening} in the {room}", "ferme {opening} {room[of]}"),
    ("set a timer for {amount} {unit}", "règle un minuteur sur {amount} {unit}"),
    ("set an alarm for {number}", "mets un réveil à {number} heures"),
    ("wake me at {number}", "réveille-moi à {number} heures"),
    ("set the volume to {number}", "règle le volume sur {number}"),
    ("call {name}", "appelle {name}"),
    ("i want to call {name}", "je veux appeler {name}"),
    ("send a message to {name}", "envoie un message à {name}"),
    ("i want to send a message to {name}", "je veux envoyer un message à {name}"),
    ("remind me to call {name} on {day}", "rappelle-moi d'appeler {name} {day}"),
    ("play some {style} music", "mets {style}"),
    ("i want {style} music", "je veux {style}"),
    ("play {style} music in the {room}", "mets {style} {room[in]}"),
    ("add {food} and {food2} to the list", "ajoute {food[some]} et {food2[some]} à la liste"),
    ("add {food} to the list", "ajoute {food[some]} à la liste"),
    ("put {food} on the list", "mets {food[some]} sur la liste"),
    ("we need {food}", "il nous faut {food[some]}"),
    ("the {device} in the {room} is old", "{device[the]} {room[of]} est {device[old]}"),
    ("the {device} in the {room} is new", "{device[the]} {room[of]} est {device[new]}"),
    ("the {device} in the {room} is broken", "{device[the]} {room[of]} est {device[broken]}"),
    ("the {device} in the {room} is on", "{device[the]} {room[of]} est {device[on]}"),
    ("the {device} in the {room} is off", "{device[the]} {room[of]} est {device[off]}"),
    ("{name} turned on the {device} in the {room}", "{name} a allumé {device[the]} {room[of]}"),
    ("{name} turned off the {device} in the {room}", "{name} a éteint {device[the]} {room[of]}"),
    # Both the door and the window are feminine.
    ("the {opening} in the {room} was open {when}", "{opening} {room[of]} était ouverte {when}"),
    ("the {opening} in the {room} was closed {when}", "{opening} {room[of]} était fermée {when}"),
    ("{name} knows the capital of {country}", "{name} connaît la capitale {country}"),
    ("we were in {city} last {month}", "nous étions {city[at]} en {month} dernier"),
    ("{name} will be in {city} on {day}", "{name} sera {city[at]} {day}"),
    ("{name} called me {when}", "{name} m'a appelé {when}"),
    ("{name} sent a message to {name2}", "{name} a envoyé un message à {name2}"),
    ("{name} plays {style} music", "{name} joue {style}"),
    ("the {food} is on the list", "{food[the]} est sur la liste"),
    ("the timer was set for {amount} minutes", "le minuteur était réglé sur {amount} minutes"),
    ("{day} was a hot day", "{day} était un jour chaud"),
    ("{day} was a cold day", "{day} était un jour froid"),
    ("{name} was here in {month}", "{name} était ici en {month}"),
    ("i heard {sound} {when}", "j'ai entendu {sound} {when}"),
)

_templates = Templates(TEMPLATES, SLOTS, polite="{} s'il te plaît")


@cache
def to_french(text: str) -> str | None:
    """The translation of a sentence of the closed language, or None if no template covers it."""
    return _templates.translate(text)
