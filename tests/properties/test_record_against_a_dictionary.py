"""Uploads, edits, decisions and what is taken back, in any order, against a dictionary that does the same."""

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from surveys.catalogue import Catalogue
from surveys.judging.sorting import Aside
from surveys.problems import CannotProceed
from tests.surveys.arriving import accepted, arrival, interview, keys_in


IDS = st.sampled_from(["a", "b", "c"])
SAID = st.tuples(st.sampled_from(["w1", "w2"]), st.integers(0, 3))  # cluster and answer
FILES = st.dictionaries(IDS, SAID, min_size=1, max_size=3)
Said = tuple[str, int]


@dataclass
class Step:
    """What one step did, as the dictionary saw it."""

    number: int
    sets: list[tuple[str, Said]] = field(default_factory=list)
    withdraws: list[str] = field(default_factory=list)
    discards: list[tuple[str, Said]] = field(default_factory=list)
    siblings: list[tuple[str, str]] = field(default_factory=list)
    holds: list[tuple[str, Said]] = field(default_factory=list)
    about: tuple[str, Said] | None = None  # the held row that was decided about
    counts: bool = True


class Record(RuleBasedStateMachine):
    """The record beside the dictionary."""

    @initialize()
    def begin(self) -> None:
        self.folder = place = Path(tempfile.mkdtemp(prefix="record-"))
        self.catalogue = Catalogue(f"sqlite:///{place / 'catalogue.db'}")
        self.keys = keys_in(place)
        self.steps: list[Step] = []
        self.seen_at: dict[int, dict[str, Said]] = {}
        self.used_ids = set("abc")

    def teardown(self) -> None:
        if not hasattr(self, "catalogue"):
            return
        try:
            assert list(self.catalogue.findings(self.keys)) == []  # the record finds itself whole
            for number, then in self.seen_at.items():
                assert self.stored(number) == then, f"as of {number}"
        finally:
            self.catalogue.close()
            shutil.rmtree(self.folder)

    # ---- the dictionary ------------------------------------------------------------------------------

    def in_force(self) -> list[Step]:
        return [step for step in self.steps if step.counts]

    def current(self) -> dict[str, Said]:
        now: dict[str, Said] = {}
        for step in self.in_force():
            now |= dict(step.sets)
            for key in step.withdraws:
                now.pop(key, None)
        return now

    def said_ever(self, key: str) -> list[Said]:
        return [said for step in self.in_force() for name, said in step.sets if name == key]

    def outcome(self, id_: str, said: Said) -> tuple[str, str]:
        """What becomes of a row, and of which interview."""
        if any((id_, said) in step.discards for step in self.in_force()):
            return "unchanged", id_
        own = [own for step in self.in_force() for name, own in step.siblings if name == id_]
        known = [key for key in (id_, *own) if self.said_ever(key)]
        if not known:
            return "new", id_
        told = [(self.against(key, said), key) for key in known]
        if any(what == "unchanged" for what, _ in told):
            return "unchanged", id_
        revised = [(what, key) for what, key in told if what == "revised"]
        return revised[0] if len(revised) == 1 else ("held", id_)

    def against(self, key: str, said: Said) -> str:
        if said in self.said_ever(key):
            return "unchanged"
        now = self.current().get(key)
        return "revised" if now is not None and now[0] == said[0] else "held"

    # ---- the record ----------------------------------------------------------------------------------

    def stored(self, as_of: int | None = None) -> dict[str, Said]:
        parts = self.catalogue.parts("pilot", as_of=as_of)
        rows = [
            row for _, table in self.catalogue.answers("pilot", parts, as_of) for row in table.to_pylist()
        ]
        assert sum(part.interviews for part in parts) == len(rows)
        found = {row["@submission"]: (row["@cluster"], int(row["age"])) for row in rows}
        assert len(found) == len(rows)
        return found

    def remember(self, number: int) -> None:
        self.seen_at[number] = self.current()

    def row(self, id_: str, said: Said) -> dict[str, object]:
        return interview(id_, cluster=said[0], age=str(said[1]))

    @rule(file=FILES)
    def send(self, file: dict[str, Said]) -> None:
        told = {id_: self.outcome(id_, said) for id_, said in file.items()}
        entry = self.catalogue.store(arrival([self.row(id_, said) for id_, said in file.items()], self.keys))
        outcomes = [what for what, _ in told.values()]
        assert entry.accepted == outcomes.count("new") + outcomes.count("revised")
        assert entry.replaced == outcomes.count("revised")
        assert entry.held == outcomes.count("held")
        assert entry.accepted + entry.unchanged + entry.held == len(file)
        if entry.repeated:
            assert entry.accepted == 0
            return
        step = Step(entry.upload)
        step.sets = [(key, file[id_]) for id_, (what, key) in told.items() if what in ("new", "revised")]
        waiting = self.waiting()
        step.holds = [
            (id_, file[id_])
            for id_, (what, _) in told.items()
            if what == "held" and (id_, file[id_]) not in waiting
        ]
        self.steps.append(step)
        self.remember(step.number)

    @rule(id_=IDS)
    def decline(self, id_: str) -> None:
        now = self.current()
        own = any(name == id_ for step in self.in_force() for name, _ in step.siblings)
        if own or id_ not in now:
            return
        no = accepted([interview(id_, cluster=now[id_][0])])
        sent = arrival([], self.keys, content=f"no {id_} {len(self.steps)}".encode(), rejected=1, rows=1)
        sent = replace(sent, accepted=no.slice(0, 0), aside=Aside(declined=no))
        entry = self.catalogue.store(sent)
        assert entry.withdrawn == 1
        self.steps.append(Step(entry.upload, withdraws=[id_]))
        self.remember(entry.upload)

    def waiting(self) -> list[tuple[str, Said]]:
        return [
            held
            for step in self.in_force()
            for held in step.holds
            if held not in [decision.about for decision in self.in_force()]
        ]

    @rule(action=st.sampled_from(["replace", "both", "discard"]), first=st.booleans())
    def decide(self, action: str, first: bool) -> None:
        held = self.catalogue.held("pilot")
        assert len(held) == len(self.waiting())
        if not held:
            return
        item = held[0 if first else -1]
        said = self.said_by(item.id)
        now = self.current()
        number = self.catalogue.decide_held("pilot", item.id, action, by="coordinator", why="looked")
        step = Step(number, about=(item.interview, said))
        if action == "discard":
            step.discards = [(item.interview, said)]
        elif action == "replace" or item.interview not in now:
            step.sets = [(item.interview, said)]
        else:
            own = next(
                f"{item.interview}~{n}" for n in range(2, 99) if f"{item.interview}~{n}" not in self.used_ids
            )
            self.used_ids.add(own)
            step.sets, step.siblings = [(own, said)], [(item.interview, own)]
        self.steps.append(step)
        self.remember(number)

    def said_by(self, held: int) -> Said:
        [comparison] = self.catalogue.compare_held("pilot", [held])
        place = next(at for at, version in enumerate(comparison.versions) if version.held == held)
        differing = dict(comparison.differing)
        _, said = next(
            (id_, said)
            for id_, said in self.waiting()
            if id_ == comparison.held.interview
            and ("@cluster" not in differing or differing["@cluster"][place].value == said[0])
            and ("age" not in differing or differing["age"][place].value == str(said[1]))
        )
        return said

    @precondition(lambda self: self.steps)
    @rule(data=st.data(), back=st.booleans())
    def take_back(self, data: st.DataObject, back: bool) -> None:
        some = [step for step in self.steps if step.counts != back]
        if not some:
            return
        step = data.draw(st.sampled_from(some))
        before = self.stored()
        move = self.catalogue.redo if back else self.catalogue.undo
        try:
            number = move("pilot", step.number, by="team", why="mistake")
        except CannotProceed:
            assert self.stored() == before
            changes = step.sets or step.withdraws or step.discards or step.holds
            newest = step is self.in_force()[-1] if not back else False
            assert not (newest and changes)
            return
        step.counts = back
        self.remember(number)

    @invariant()
    def the_record_holds_what_the_dictionary_holds(self) -> None:
        if hasattr(self, "catalogue"):
            assert self.stored() == self.current()


TestRecord = Record.TestCase
TestRecord.settings = settings(
    max_examples=12,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
