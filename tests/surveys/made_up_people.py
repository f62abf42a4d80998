"""Villagers who are asked twice, as sloppily as in the field: invented, with the truth known."""

import random
from collections.abc import Sequence

import pyarrow as pa

from surveys.fieldwork import LinkingKey
from surveys.linking_codes import Coder


GIVEN = [
    "Sita",
    "Gita",
    "Ram",
    "Hari",
    "Krishna",
    "Maya",
    "Laxmi",
    "Bishnu",
    "Kamala",
    "Sarita",
    "Sabita",
    "Sunita",
    "Anita",
    "Bimala",
    "Deepak",
    "Suresh",
    "Ramesh",
    "Rajesh",
    "Nabin",
    "Prakash",
    "Dipendra",
    "Santosh",
    "Manoj",
    "Binod",
    "Puja",
    "Asha",
    "Nisha",
    "Rita",
    "Mina",
    "Tika",
    "Dhan",
    "Bir",
    "Man",
    "Purna",
    "Chandra",
    "Indra",
    "Dil",
    "Lal",
    "Tulasi",
    "Durga",
    "Parbati",
    "Saraswati",
    "Ganga",
    "Jamuna",
    "Bhim",
    "Arjun",
    "Keshav",
    "Gopal",
    "Shyam",
    "Mohan",
    "Kiran",
    "Pramila",
]
FAMILY = [
    "Tamang",
    "Rai",
    "Limbu",
    "Gurung",
    "Thapa",
    "Magar",
    "Shrestha",
    "Sharma",
    "Adhikari",
    "Karki",
    "Basnet",
    "Khadka",
    "Chaudhary",
    "Yadav",
    "Mahato",
    "Tharu",
    "Lama",
    "Sherpa",
    "Bhandari",
    "Poudel",
    "Regmi",
    "Ghimire",
    "Acharya",
    "Bista",
    "Rana",
    "Oli",
    "Pun",
    "Neupane",
    "Dahal",
]
KEYS = tuple(
    LinkingKey(question=question, kind=kind)
    for question, kind in (("name", "name"), ("born", "year"), ("village", "text"), ("phone", "phone"))
)
Person = dict[str, str]


def two_waves(
    seed: int, people: int, *, slips: float, stay: float = 0.75, newcomers: float = 0.15
) -> tuple[list[tuple[int, Person]], list[tuple[int, Person]]]:
    """The answers of two waves, each with the number of the person who gave them.

    Parameters
    ----------
    slips
        How often a key is misspelt at the second visit; half as often it is left out, and a tenth of names
        is turned round.
    stay
        Share of the people who are interviewed again.
    """
    chance = random.Random(seed)  # noqa: S311
    village = _villagers(chance, people)
    again = [(i, _again(chance, one, slips)) for i, one in enumerate(village) if chance.random() < stay]
    again += [(people + i, one) for i, one in enumerate(_villagers(chance, int(people * newcomers)))]
    chance.shuffle(again)
    return list(enumerate(village)), again


def coded(wave: Sequence[tuple[int, Person]], letter: str, keys: Sequence[LinkingKey] = KEYS) -> pa.Table:
    """A wave as linking sees it; interviews are called by a letter and the person's number."""
    columns = {"interview": [f"{letter}{number}" for number, _ in wave]}
    for key in keys:
        coder = Coder(f"a secret for {key.question}".ljust(32).encode(), key.kind)
        made = [coder.codes(person[key.question]) for _, person in wave]
        columns[key.column] = [None if one is None else one.as_text() for one in made]
    return pa.table({name: pa.array(values, pa.large_string()) for name, values in columns.items()})


def _villagers(chance: random.Random, people: int) -> list[Person]:
    """Common names are common, and some people live with a sister or brother of nearly everything the same."""
    found: list[Person] = []
    while len(found) < people:
        family = chance.choices(FAMILY, [1 / (place + 1) for place in range(len(FAMILY))])[0]
        given = chance.choices(GIVEN, [1 / (place + 3) for place in range(len(GIVEN))])[0]
        middle = chance.choice(["", "", "Bahadur", "Kumari", "Maya"])
        one = {
            "name": " ".join(part for part in (given, middle, family) if part),
            "born": str(chance.randrange(1965, 2006)),
            "village": f"{chance.choice(FAMILY)}gaun {chance.randrange(4)}",
            "phone": "98" + "".join(chance.choice("0123456789") for _ in range(8)),
        }
        found.append(one)
        if chance.random() < 0.03:
            found.append({**one, "name": f"{chance.choice(GIVEN)} {family}"})
    return found[:people]


def _again(chance: random.Random, one: Person, slips: float) -> Person:
    said = dict(one)
    for key in ("name", "village", "phone"):
        if chance.random() < slips:
            said[key] = _slipped(chance, said[key])
    if slips and chance.random() < 0.1:
        said["name"] = " ".join(reversed(said["name"].split()))
    if chance.random() < slips:
        said["born"] = str(int(said["born"]) + chance.choice([-1, 1, -1, 1, 2, 10]))
    if chance.random() < slips:  # another telephone altogether
        said["phone"] = "98" + "".join(chance.choice("0123456789") for _ in range(8))
    return {key: "" if chance.random() < slips / 2 else text for key, text in said.items()}


def _slipped(chance: random.Random, text: str) -> str:
    letters = "0123456789" if text.isdigit() else "abcdefghijklmnopqrstuvwxyz"
    place, slip = chance.randrange(len(text)), chance.randrange(4)
    if slip == 0:
        return text[:place] + chance.choice(letters) + text[place + 1 :]
    if slip == 1:
        return text[:place] + text[place + 1 :]
    if slip == 2:
        return text[:place] + chance.choice(letters) + text[place:]
    place = min(place, len(text) - 2)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
