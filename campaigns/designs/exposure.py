"""Who says they met the campaign against who does not: an association, as far as the covariates make them alike."""

from campaigns.designs.design import Design, Groups, Terms


DESIGN = Design(
    name="exposure",
    estimand="association",
    needs=("arm",),
    groups=("campaign_after", "comparison_after"),
    by_rows=True,
)


def regression(groups: Groups) -> Terms:
    """Y = a + b dose: what goes with one more unit of exposure."""
    return Terms(controls={}, effects=dict.fromkeys(groups.arms, groups.dose))


# The same design where exposure is a number.
DOSE = Design(
    name="exposure",
    estimand="dose",
    needs=("dose",),
    groups=("campaign_after",),
    regression=regression,
    named_terms=True,
)
