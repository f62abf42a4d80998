"""What to rely on when clusters are few, by the arm that has fewest, and why, in words.

The limits are judgements (knowledge of the field, not theorems): cluster-robust errors with Satterthwaite degrees of
freedom hold up from about twenty clusters an arm; down to six the wild cluster bootstrap is a good second opinion; below
that only the lot itself can vouch for a test, and with fewer than three nothing can.

References
----------
Cameron & Miller (2015), Journal of Human Resources 50:317. MacKinnon & Webb (2018), Econometrics Journal 21:114 (few
treated clusters). Tipton (2015), Psychological Methods 20:375 (Satterthwaite degrees of freedom).
"""

from typing import Literal

from campaigns.effects import Counts


ENOUGH = 20  # clusters in the smallest arm: CR2 by itself
SOME = 6  # CR2 with the wild cluster bootstrap beside it
FEW = 3  # randomisation inference, or the bootstrap marked as fragile; below it no test is valid
BY_LOT = ("randomised", "ancova")  # designs whose arms were dealt out

Reliance = Literal["enough", "bootstrap_beside", "randomisation", "fragile_bootstrap", "nothing"]


def fewest_clusters(counts: Counts) -> int | None:
    """Clusters in the arm that has fewest; None where there are no clusters."""
    arms = [n for n in (counts.clusters_campaign, counts.clusters_comparison) if n is not None]
    return min(arms, default=None)


def reliance(design: str, clusters: int) -> Reliance:
    """What a test can rest on with so many clusters in the smallest arm."""
    if clusters >= ENOUGH:
        return "enough"
    if clusters >= SOME:
        return "bootstrap_beside"
    if clusters < FEW:
        return "nothing"
    return "randomisation" if design in BY_LOT else "fragile_bootstrap"
