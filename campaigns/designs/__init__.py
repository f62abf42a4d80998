"""How an effect is identified, one design a file."""

from campaigns.designs import (
    ancova,
    difference_in_differences,
    exposure,
    paired_pre_post,
    pre_post,
    randomised,
    staggered,
)
from campaigns.designs.design import Design, Group, Groups, Terms


DESIGNS: dict[str, Design] = {
    "pre_post": pre_post.DESIGN,
    "paired_pre_post": paired_pre_post.DESIGN,
    "difference_in_differences": difference_in_differences.DESIGN,
    "randomised": randomised.DESIGN,
    "ancova": ancova.DESIGN,
    "staggered": staggered.DESIGN,
    "exposure": exposure.DESIGN,
}

__all__ = ["DESIGNS", "Design", "Group", "Groups", "Terms"]
