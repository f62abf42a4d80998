"""Starts at different times: each cohort's change minus that of those who never, or not yet, had the campaign."""

from campaigns.designs.design import Design


DESIGN = Design(
    name="staggered",
    estimand="ATT",
    needs=("period", "first_treated"),
    groups=("campaign_before", "campaign_after", "comparison_before", "comparison_after"),
    by_rows=True,
)
