"""Interviews whose cluster does not fit: both arms in one cluster, another site's cluster, one no earlier wave knows."""

import numpy as np

from surveys.display import listed
from surveys.quality.findings import Checked, Found, Severity, found_where
from surveys.quality.interviews import Flags, Interviews
from surveys.quality.setting import Setting


MOST_NAMED = 8  # clusters in a sentence
WRONG_PLACE = ("wrong_site", "unknown_site", "wrong_country", "wrong_wave", "unknown_wave")


def check_places(interviews: Interviews, setting: Setting) -> Checked:
    """Clusters against the design, and rows of the files that were refused for naming another place."""
    found = []
    refused = sum(setting.refusals.by_code.get(code, 0) for code in WRONG_PLACE)
    if refused:
        found.append(
            Found(code="refused_elsewhere", severity="look", count=refused, of=refused + len(interviews))
        )
    known = np.array([one is not None for one in interviews.cluster.tolist()], dtype=bool)
    if not known.any():
        return Checked(check="places", found=tuple(found), impossible=None if found else "no_clusters")
    mixed = in_the_smaller_arm(interviews)
    found += _at(interviews, mixed, "two_arms_in_cluster", "act")
    elsewhere = np.isin(_texts(interviews), sorted(setting.clusters_elsewhere))
    found += _at(interviews, elsewhere & known, "cluster_of_other_site", "act")
    if setting.earlier_clusters:
        new = known & ~elsewhere & ~np.isin(_texts(interviews), sorted(setting.earlier_clusters))
        found += _at(interviews, new, "cluster_only_here", "note")
    return Checked(check="places", looked_at=int(known.sum()), found=tuple(found))


def in_the_smaller_arm(interviews: Interviews) -> Flags:
    """Interviews in a cluster of which most others are in another arm; all of them where it is half and half."""
    flagged = np.zeros(len(interviews), dtype=bool)
    cluster, arm = _texts(interviews), np.array([one or "" for one in interviews.arm.tolist()], dtype=object)
    for name in sorted(set(cluster.tolist()) - {""}):
        here = (cluster == name) & (arm != "")
        arms, counts = np.unique(arm[here].astype(str), return_counts=True)
        if len(arms) > 1:
            most = counts.max()
            usual = arms[counts == most]
            flagged |= here if len(usual) > 1 else here & (arm != usual[0])
    return flagged


def _texts(interviews: Interviews) -> np.ndarray:
    return np.array([one or "" for one in interviews.cluster.tolist()], dtype=object)


def _at(interviews: Interviews, where: Flags, code: str, severity: Severity) -> list[Found]:
    clusters = sorted({one for one in interviews.cluster[where].tolist() if one is not None})
    return found_where(interviews, where, code, severity, values={"clusters": listed(clusters, MOST_NAMED)})
