"""Uploads, corrections by two people, withdrawals and what is taken back, in any order, against a dictionary; and chains of edits."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from surveys.catalogue import Catalogue
from surveys.corrections.ledger import Cell, Proposal
from surveys.problems import CannotProceed
from surveys.responses import responses_table
from tests.surveys.arriving import arrival, interview, keys_in


IDS = st.sampled_from(["a", "b"])
AGES = st.sampled_from(["30", "31", "32"])
PEOPLE = st.sampled_from(["sita", "minji"])
WAITING = ("proposed", "approved")


@dataclass
class Made:
    """One correction, as the dictionary sees it."""

    number: int
    submission: str
    old: str | None  # None: the whole interview is withdrawn
    new: str | None
    author: str
    state: str = "proposed"
    turn: int = 0  # when it was applied


class Corrected(RuleBasedStateMachine):
    """The record and its ledger beside a dictionary of what was sent and a list of what was made of it."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="corrected-"))
        self.catalogue = Catalogue(f"sqlite:///{self.folder / 'catalogue.db'}")
        self.keys = keys_in(self.folder)
        self.sent: dict[str, list[str]] = {}  # what each interview said, newest last
        self.files: list[tuple[int, str]] = []  # uploads in force that brought something, and for whom
        self.made: list[Made] = []
        self.turn = 0
        self.seen_at: dict[int, dict[str, str]] = {}
        self.send("a", "30")

    def teardown(self) -> None:
        if not hasattr(self, "catalogue"):
            return
        try:
            for number, then in self.seen_at.items():
                assert self.stored(number) == then, f"as of {number}"
            assert self.catalogue.first_broken_audit_entry() is None
        finally:
            self.catalogue.close()
            shutil.rmtree(self.folder)

    # ---- the dictionary ------------------------------------------------------------------------------

    def chain(self, id_: str) -> list[Made]:
        found = [one for one in self.made if (one.submission, one.state) == (id_, "applied") and one.old]
        return sorted(found, key=lambda one: one.turn)

    def value(self, id_: str) -> str:
        chain = self.chain(id_)
        return chain[-1].new or "" if chain else self.sent[id_][-1]

    def is_withdrawn(self, id_: str) -> bool:
        return any(one.submission == id_ and one.state == "applied" and not one.old for one in self.made)

    def expected(self) -> dict[str, str]:
        return {id_: self.value(id_) for id_ in self.sent if not self.is_withdrawn(id_)}

    def replay(self, id_: str, received: str) -> None:
        """A newer version arrived: what it already says is done, what it contradicts is stale."""
        chain = self.chain(id_)
        steps = [chain[0].old, *(one.new for one in chain)] if chain else []
        last = max((place for place, value in enumerate(steps) if value == received), default=-1)
        for place, one in enumerate(chain):
            one.state = "stale" if last < 0 else "absorbed" if place < last else "applied"
        held = self.value(id_)
        waiting = [one for one in self.made if one.submission == id_ and one.old and one.state in WAITING]
        reachable = {held}
        for _ in waiting:
            reachable |= {one.new or "" for one in waiting if one.old in reachable}
        for one in waiting:
            if one.new == held != one.old:
                one.state = "absorbed"
            elif one.old not in reachable:
                one.state = "stale"

    # ---- the record ----------------------------------------------------------------------------------

    def stored(self, as_of: int | None = None) -> dict[str, str]:
        table = responses_table(self.catalogue, "pilot", as_of=as_of)
        if not table.num_rows:
            return {}
        return dict(zip(table["submission_id"].to_pylist(), table["age"].to_pylist(), strict=True))

    def remember(self) -> None:
        number = self.catalogue.newest_upload("pilot")
        if number is not None:
            self.seen_at[number] = self.expected()

    @rule(id_=IDS, age=AGES)
    def send(self, id_: str, age: str) -> None:
        entry = self.catalogue.store(arrival([interview(id_, age=age)], self.keys))
        if age in self.sent.get(id_, []):
            assert (entry.accepted, entry.unchanged) == (0, 1)
            return
        assert entry.accepted == 1
        self.sent.setdefault(id_, []).append(age)
        self.files.append((entry.upload, id_))
        if entry.replaced:
            self.replay(id_, age)
        self.remember()

    @rule(id_=IDS, old=st.none() | AGES, new=AGES, author=PEOPLE)
    def propose(self, id_: str, old: str | None, new: str, author: str) -> None:
        old = old or (self.value(id_) if id_ in self.sent else "30")
        if old == new:
            return
        self.enter(Made(0, id_, old, new, author))

    @precondition(lambda self: len(self.made) > 3)
    @rule(id_=IDS, author=PEOPLE)
    def propose_to_withdraw(self, id_: str, author: str) -> None:
        self.enter(Made(0, id_, None, None, author))

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), old=st.none() | AGES, new=AGES)
    def correct(self, data: st.DataObject, old: str | None, new: str) -> None:
        """A correction from its proposal to its end: chance alone rarely gets so far."""
        id_ = data.draw(st.sampled_from(sorted(self.sent)))
        old = old or self.value(id_)
        if new != old:
            self.enter(Made(0, id_, old, new, "sita"))
            while self.made[-1].state in WAITING:
                self.carry_on_with(self.made[-1])

    def enter(self, made: Made) -> None:
        said: dict[str, object] = {"kind": "withdraw"}
        if made.old:
            said = {
                "kind": "change",
                "question": "age",
                "type": "integer",
                "old": Cell(value=made.old),
                "new": Cell(value=made.new),
            }
        proposal = Proposal(
            submission=made.submission, site="npl", wave="baseline", reason="called back", **said
        )
        [(number, known)] = self.catalogue.propose("pilot", [proposal], author=made.author)
        twins = [
            one.number
            for one in self.made
            if (one.submission, one.old, one.new) == (made.submission, made.old, made.new)
            and one.state in (*WAITING, "applied")
        ]
        assert known == bool(twins)
        if known:
            assert number in twins
        else:
            made.number = number
            self.made.append(made)

    @precondition(lambda self: self.made)
    @rule(data=st.data(), action=st.sampled_from(["approve", "reject", "apply", "undo"]), actor=PEOPLE)
    def decide(self, data: st.DataObject, action: str, actor: str) -> None:
        one = data.draw(st.sampled_from(self.made))
        before = one.state
        self.move(one, action, actor)
        [decided] = self.catalogue.decide("pilot", [one.number], action, by=actor)  # type: ignore[arg-type]
        assert decided.state.value == one.state
        if one.state != before:
            self.remember()

    @precondition(lambda self: any(one.state in (*WAITING, "applied") for one in self.made))
    @rule(data=st.data())
    def carry_on(self, data: st.DataObject) -> None:
        """The next step of a live correction, by whoever may take it."""
        live = [one for one in self.made if one.state in (*WAITING, "applied")]
        self.carry_on_with(data.draw(st.sampled_from(live)))

    def carry_on_with(self, one: Made) -> None:
        action = {"proposed": "approve", "approved": "apply", "applied": "undo"}[one.state]
        actor = "minji" if one.author == "sita" else "sita"
        self.move(one, action, actor)
        [decided] = self.catalogue.decide("pilot", [one.number], action, by=actor)  # type: ignore[arg-type]
        assert decided.state.value == one.state
        self.remember()

    def move(self, one: Made, action: str, actor: str) -> None:
        if action == "approve" and one.state == "proposed" and actor != one.author:
            one.state = "approved"
        elif action == "reject" and one.state in (*WAITING, "stale"):
            one.state = "rejected"
        elif action == "apply" and one.state == "approved":
            one.state = self.fate(one)
            self.turn += 1
            one.turn = self.turn
        elif (
            action == "undo"
            and one.state == "applied"
            and (not one.old or self.chain(one.submission)[-1] is one)
        ):
            one.state = "undone"

    def fate(self, one: Made) -> str:
        if one.submission not in self.sent:
            return "stale"
        if self.is_withdrawn(one.submission):
            return "stale" if one.old else "absorbed"
        return "applied" if not one.old or self.value(one.submission) == one.old else "stale"

    @precondition(lambda self: self.files)
    @rule()
    def take_back_the_newest_file(self) -> None:
        step, id_ = self.files[-1]
        before = self.stored()
        try:
            self.catalogue.undo("pilot", step, by="team", why="mistake")
        except CannotProceed:
            assert self.stored() == before
            assert any(one.submission == id_ and one.state not in WAITING for one in self.made)
            return
        self.files.pop()
        self.sent[id_].pop()
        if not self.sent[id_]:
            del self.sent[id_]
        self.remember()

    @invariant()
    def record_and_ledger_are_as_the_dictionary_says(self) -> None:
        if not hasattr(self, "catalogue"):
            return
        assert self.stored() == self.expected()
        told = {one.id: one.state.value for one in self.catalogue.corrections("pilot")}
        assert told == {one.number: one.state for one in self.made}


TestCorrected = Corrected.TestCase
TestCorrected.settings = settings(
    max_examples=10,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

LINKS = 4
SENT = st.lists(
    st.lists(
        st.tuples(st.sampled_from("pq"), st.integers(0, LINKS - 1)), min_size=1, max_size=3, unique=True
    ),
    min_size=1,
    max_size=7,
)


def id_of(chain: str, number: int) -> str:
    return f"{number:08x}-1111-4111-8111-{ord(chain):012x}"


def link(chain: str, number: int) -> dict[str, object]:
    """A version under an id of its own, which names the one it replaces."""
    own = id_of(chain, number)
    edit = {"edit": own, "previous": id_of(chain, number - 1)} if number else {}
    return interview(own, age=str(20 + number), cluster=chain, **edit)


def newest_of_runs(links: set[tuple[str, int]]) -> list[tuple[str, str]]:
    """The last of every unbroken run of versions."""
    return sorted((chain, str(20 + n)) for chain, n in links if (chain, n + 1) not in links)


@settings(max_examples=20, deadline=None)
@given(files=SENT)
def test_chains_of_edits_in_any_order_and_any_files_come_to_their_newest_versions(
    files: list[list[tuple[str, int]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, Catalogue(f"sqlite:///{folder}/catalogue.db") as catalogue:
        keys, known = keys_in(Path(folder)), set[tuple[str, int]]()
        for file in files:
            entry = catalogue.store(arrival([link(*one) for one in file], keys))
            assert (entry.held, entry.accepted + entry.unchanged) == (0, len(file))
            known |= set(file)
            rows = [
                row for _, t in catalogue.answers("pilot", catalogue.parts("pilot")) for row in t.to_pylist()
            ]
            assert sorted((row["@cluster"], row["age"]) for row in rows) == newest_of_runs(known)
