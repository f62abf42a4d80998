"""Before and after without a comparison group: a change, whatever brought it about."""

from campaigns.designs.design import Design, Groups, Terms


def regression(groups: Groups) -> Terms:
    """Y = a + b after: the change is b. Samples may overlap; the clusters carry their covariance."""
    return Terms(controls={}, effects=dict.fromkeys(groups.arms, groups.after))


DESIGN = Design(
    name="pre_post",
    estimand="change",
    needs=("wave",),
    groups=("campaign_before", "campaign_after"),
    regression=regression,
    each_arm_alone=True,
)
