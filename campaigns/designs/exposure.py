"""Who says they met the campaign against who does not: an association, as far as the covariates make them alike."""

from campaigns.designs.design import Design


DESIGN = Design(
    name="exposure",
    estimand="association",
    needs=("arm",),
    groups=("campaign_after", "comparison_after"),
    by_rows=True,
)
