"""Texts kept back as whoever decides about them sees them: where they were given, to what question, for what they wait."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from campaigns.campaign import Campaign
from campaigns.registry import fieldwork_of
from dashboard import wording
from dashboard.settings import Workspace
from surveys.catalogue import Catalogue
from surveys.instrument import Instrument
from surveys.languages import pick, say
from surveys.personal_data import Kind
from surveys.record.withholding import Withheld


WORDS = "screens.withheld."
SHOWN = 2000  # texts on the page at a time, the oldest; the others follow as these are decided
DECISIONS = 20


def kinds_in_words(kinds: Sequence[Kind], language: str) -> list[str]:
    """What a text was kept back for; the campaign's own word where nothing was found in it."""
    return [say(f"{WORDS}kinds.{kind}", language) for kind in kinds or ("declared",)]


class TextsKeptBack:
    """The texts of one campaign that were kept back."""

    def __init__(self, workspace: Workspace, catalogue: Catalogue, campaign: Campaign) -> None:
        self._workspace, self._catalogue, self._campaign = workspace, catalogue, campaign

    def waiting(self, site: str | None = None) -> list[Withheld]:
        """Those that nobody decided about."""
        return self._catalogue.withheld(self._campaign.id, site)

    def kinds(self, texts: Sequence[Withheld]) -> dict[int, tuple[Kind, ...]]:
        """What each was kept back for."""
        regions = fieldwork_of(self._campaign).regions
        return self._catalogue.withheld_kinds([one.id for one in texts], self._workspace.keys, regions)

    def texts(self, ids: Sequence[int], by: str) -> dict[int, str]:
        """The waiting ones of this campaign among them in the clear; that somebody read them is noted."""
        wanted = set(ids)
        own = [one.id for one in self.waiting() if one.id in wanted]
        return self._catalogue.withheld_texts(own, self._workspace.keys, by=by)

    def view(self, site: str | None, instrument: Instrument, language: str) -> dict[str, Any]:
        """What waits, by site, wave and question, and what was decided last; without a text."""
        waiting = self.waiting(site)
        shown = waiting[:SHOWN]
        kinds = self.kinds(shown)
        place = attrgetter("site", "wave", "question")
        order = {one.id: number for number, one in enumerate(self._campaign.sites)}
        arranged = sorted(
            shown, key=lambda one: (order.get(one.site, len(order)), one.wave, one.question, one.id)
        )
        return {
            "total": len(waiting),
            "shown": len(shown),
            "groups": [
                self._group(list(texts), kinds, instrument, language) for _, texts in groupby(arranged, place)
            ],
            "decided": self._decided(site, language),
        }  # fmt: skip

    def _group(
        self,
        texts: Sequence[Withheld],
        kinds: Mapping[int, Sequence[Kind]],
        instrument: Instrument,
        language: str,
    ) -> dict[str, Any]:
        first = texts[0]
        asked = instrument.question(first.question)
        label = instrument.text_in(asked.labels, language) if asked else ""
        said = {one.id: kinds_in_words(kinds.get(one.id, ()), language) for one in texts}
        counts = Counter(word for words in said.values() for word in words)
        return {
            "key": "~".join((first.site, first.wave, first.question)),
            "place": " · ".join(self._place(first, language)),
            "question": label or first.question,
            "name": first.question,
            "kinds": [{"label": label, "count": count} for label, count in counts.most_common()],
            "texts": [
                {"id": one.id, "interview": one.submission, "kinds": said[one.id]} for one in texts
            ],
        }  # fmt: skip

    def _place(self, one: Withheld, language: str) -> list[str]:
        titles = {known.id: known.title for known in (*self._campaign.sites, *self._campaign.waves)}
        return [pick(titles[id_], language) if id_ in titles else id_ for id_ in (one.site, one.wave) if id_]

    def _decided(self, site: str | None, language: str) -> list[dict[str, Any]]:
        """The last decisions that can be undone; what was decided at once is undone at once."""
        decision = attrgetter("decided_at", "decided_by", "state")
        every = self._catalogue.withheld(self._campaign.id, site, state=None)
        undoable = sorted((one for one in every if one.can_be_undone), key=decision, reverse=True)
        found = [(by, list(texts)) for by, texts in groupby(undoable, decision)]
        return [
            {
                "ids": [one.id for one in texts],
                "said": say(
                    f"{WORDS}decided.{state}", language, count=len(texts), name=who, when=wording.moment(at, language)
                ),
            }
            for (at, who, state), texts in found[:DECISIONS]
        ]  # fmt: skip
