"""Assigned by lot and measured before: the difference after the campaign, given the outcome before.

McKenzie (2012), Journal of Development Economics 99:210: more precise than the change or the outcome after alone.
"""

from campaigns.designs.design import Design
from campaigns.designs.randomised import regression


DESIGN = Design(
    name="ancova",
    estimand="ITT",
    needs=("arm", "baseline"),
    groups=("campaign_after", "comparison_after"),
    regression=regression,
)
