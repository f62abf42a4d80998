"""The roles' colours can be told apart by every reader, and read against their ground."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from dashboard.figures import ROLE_COLOURS, ROLE_COLOURS_DARK


TOKENS = Path(__file__).resolve().parents[2] / "dashboard" / "assets" / "tokens.css"
# Machado, Oliveira & Fernandes (2009), severity 1.0, in linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
FAR_ENOUGH = 30.0  # in CIE Lab; a difference of 2 can just be seen
TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = matrix @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    light, dark = sorted(
        (float(linear(colour) @ np.array([0.2126, 0.7152, 0.0722])) for colour in (one, other)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


def tokens(dark: bool) -> dict[str, str]:
    text = TOKENS.read_text("utf-8")
    light_part, _, dark_part = text.partition("@media print")[0].partition(
        "@media (prefers-color-scheme: dark)"
    )
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light_part))
    return {**found, **dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark_part))} if dark else found


@pytest.mark.parametrize("palette", [ROLE_COLOURS, ROLE_COLOURS_DARK], ids=["light", "dark"])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_roles_can_be_told_apart_by_every_kind_of_colour_vision(
    palette: dict[str, str], deficiency: str
) -> None:
    for one, other in combinations(palette.values(), 2):
        seen = [lab(DEFICIENCIES[deficiency] @ linear(colour)) for colour in (one, other)]
        assert np.linalg.norm(seen[0] - seen[1]) > FAR_ENOUGH, (deficiency, one, other)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_contrast_enough_on_every_ground(dark: bool) -> None:
    colours = tokens(dark)
    for text in ("ink", "quiet", "faint", "accent", "good", "bad"):
        for ground in ("sheet", "ground", "inset", "tint-origin", "tint-transit", "tint-destination"):
            assert contrast(colours[text], colours[ground]) >= TEXT_CONTRAST, (text, ground)
    assert contrast(colours["amber-ink"], colours["amber"]) >= TEXT_CONTRAST
    assert contrast(colours["accent-ink"], colours["accent"]) >= TEXT_CONTRAST
    assert contrast(colours["strip-ink"], colours["strip"]) >= TEXT_CONTRAST
    assert contrast(colours["bad"], colours["alarm"]) >= TEXT_CONTRAST
    assert contrast(colours["ink"], colours["alarm"]) >= TEXT_CONTRAST


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_marks_have_contrast_enough_on_every_ground(dark: bool) -> None:
    colours = tokens(dark)
    for role in ROLE_COLOURS:
        for ground in ("sheet", f"tint-{role}"):
            assert contrast(colours[role], colours[ground]) >= MARK_CONTRAST, (role, ground)


def test_screen_and_picture_use_the_same_colours() -> None:
    light, dark = tokens(dark=False), tokens(dark=True)
    for role, colour in ROLE_COLOURS.items():
        assert light[role] == colour
        assert dark[role] == ROLE_COLOURS_DARK[role]
