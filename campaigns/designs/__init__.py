"""How an effect is identified, one design a file."""

from campaigns.designs import (
    ancova,
    difference_in_differences,
    encouragement,
    event_study,
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
    "dose": exposure.DOSE,  # exposure that is a number
    "encouragement": encouragement.DESIGN,
    "event_study": event_study.DESIGN,
}

__all__ = ["DESIGNS", "Design", "Group", "Groups", "Terms"]
