"""What a page may call upon, put together once for each app."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.evaluations import Evaluations
from dashboard.pair_searches import PairSearches
from dashboard.quality import Qualities
from dashboard.settings import Workspace
from dashboard.tables import Tables
from dashboard.uploads import Uploads
from surveys.catalogue import Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The workspace, its record, its evaluations and the tables beside them, its upload jobs, its searches for pairs, the quality of its fieldwork, and the names of the screens there are."""

    workspace: Workspace
    catalogue: Catalogue
    evaluations: Evaluations
    tables: Tables
    uploads: Uploads
    qualities: Qualities
    searches: PairSearches
    pages: Sequence[str]
