"""The same respondents before and after, without a comparison group: the mean of their own changes."""

from campaigns.designs.design import Design, Groups, Terms


def regression(groups: Groups) -> Terms:
    """y_after - y_before = b: the change is the constant."""
    return Terms(controls={}, effects=dict.fromkeys(groups.arms, groups.after))


DESIGN = Design(
    name="paired_pre_post",
    estimand="change",
    needs=("baseline",),
    groups=("campaign_after",),
    regression=regression,
    each_arm_alone=True,
    intercept_is_the_effect=True,
    differences=True,
)
