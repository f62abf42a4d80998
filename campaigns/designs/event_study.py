"""Several waves: the campaign group's difference in each, less that in the last wave before the campaign."""

from campaigns.designs.design import Design
from campaigns.designs.randomised import regression


DESIGN = Design(
    name="event_study",
    estimand="ATT",
    needs=("wave", "arm"),
    groups=("campaign_after", "comparison_after"),
    regression=regression,
    named_terms=True,
)
