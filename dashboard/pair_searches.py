"""Looking for pairs in the background: how far each search is, and its end. What it found is in the catalogue.

A search lives in this process: a page that is opened again finds it by its campaign and waves. The pairs of a site are
kept when that site is done, so a search that was stopped leaves whole sites behind and can begin again at any time.
"""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from dashboard.linking import Linker
from surveys.problems import CannotProceed


LOG = logging.getLogger(__name__)
SearchState = Literal["running", "done", "failed", "stopped"]


class _StoppedError(Exception):
    """Somebody stopped the search."""


@dataclass(slots=True, kw_only=True)
class PairSearch:
    """One search of a campaign's sites."""

    number: int
    sites: Sequence[str]
    step: str = "waiting"
    done: int = 0  # sites
    part: float = 0.0  # of the site under way, 0-1
    found: int = 0  # pairs to look at
    state: SearchState = "running"
    stop: CannotProceed | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    unwanted: threading.Event = field(default_factory=threading.Event)

    @property
    def fraction(self) -> float:
        """How much of it is done, 0-1."""
        return min((self.done + self.part) / len(self.sites), 1.0)

    def tell(self, step: str, part: float) -> None:
        """Note how far the site under way is; ends the search where nobody wants it any more."""
        if self.unwanted.is_set():
            raise _StoppedError
        self.step, self.part = step, part


class PairSearches:
    """The searches of one workspace: one at a time, the others wait their turn."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str, str], PairSearch] = {}
        self._begun = 0
        self._guard = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pairs")

    def begin(self, linker: Linker, sites: Sequence[str], earlier: str, later: str) -> PairSearch:
        """Queue a search; the one that is under way where there is one of this campaign and these waves."""
        key = (linker.campaign.id, earlier, later)
        with self._guard:
            running = self._newest.get(key)
            if running is not None and running.state == "running":
                return running
            self._begun += 1
            search = self._newest[key] = PairSearch(number=self._begun, sites=tuple(sites))
        self._worker.submit(run_search, search, linker, earlier, later)
        return search

    def newest(self, campaign: str, earlier: str, later: str) -> PairSearch | None:
        """The last search of a campaign's two waves, under way or ended."""
        return self._newest.get((campaign, earlier, later))


def run_search(search: PairSearch, linker: Linker, earlier: str, later: str) -> None:
    """Look for the pairs of every site of a search, unless somebody stops it."""
    state: SearchState = "failed"
    try:
        for site in search.sites:
            search.tell("reading", 0.0)
            search.found += linker.find(site, earlier, later, search.tell)
            search.done, search.part = search.done + 1, 0.0
        state = "done"
    except _StoppedError:
        state = "stopped"
    except CannotProceed as stop:
        search.stop = stop
    except Exception:
        # The reader gets a sentence; whoever runs the server gets the cause, without any answer in it.
        LOG.exception("A search for pairs could not be finished.")
    finally:
        search.state = state
        search.ended.set()
