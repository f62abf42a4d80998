"""Assigned by lot: the difference between the arms after the campaign."""

from campaigns.designs.design import Design, Groups, Terms


def regression(groups: Groups) -> Terms:
    """Y = a + b arm: the effect of being assigned is b. Several arms share the comparison group."""
    return Terms(controls={}, effects=dict(groups.arms))


DESIGN = Design(
    name="randomised",
    estimand="ITT",
    needs=("arm",),
    groups=("campaign_after", "comparison_after"),
    regression=regression,
)
