"""The change with the campaign minus the change without it."""

from campaigns.designs.design import Design, Groups, Terms


def regression(groups: Groups) -> Terms:
    """Y = a + b arm + c after + d arm x after: the effect is d. Several arms share the comparison group."""
    return Terms(
        controls={**{f"arm {arm}": column for arm, column in groups.arms.items()}, "after": groups.after},
        effects={arm: column * groups.after for arm, column in groups.arms.items()},
    )


DESIGN = Design(
    name="difference_in_differences",
    estimand="ATT",
    needs=("wave", "arm"),
    groups=("campaign_before", "campaign_after", "comparison_before", "comparison_after"),
    regression=regression,
)
