"""Assigned by lot, taken up by some: the effect on those who take part because they were asked to.

Being assigned may move the outcome only through what was received, and make nobody receive less of it.
"""

from campaigns.designs.design import Design
from campaigns.designs.randomised import regression


DESIGN = Design(
    name="encouragement",
    estimand="LATE",
    needs=("arm", "received"),
    groups=("campaign_after", "comparison_after"),
    regression=regression,
    each_arm_alone=True,
    fit="two_stage",
)
