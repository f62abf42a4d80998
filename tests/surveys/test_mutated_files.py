"""Two hundred damaged files of every format: each accepted, accepted in part or refused with a sentence; never anything else."""

import pytest

from surveys.problems import FileRefused
from surveys.reading import Limits
from tests.surveys.mutating.kept_child import KeptChild
from tests.surveys.mutating.outcomes import mutated, run
from tests.surveys.mutating.seeds import SEEDS


FILES = 200


@pytest.mark.parametrize("kind", SEEDS)
def test_damaged_files_are_judged_or_refused_and_nothing_else(kind, tmp_path):
    tally = run(kind, FILES, tmp_path)
    assert tally.faults == []
    assert sum(tally.outcomes.values()) == FILES
    assert tally.outcomes["reject-file"] not in (0, FILES)  # some damage is seen, some does not matter
    assert tally.ends.slow == 0
    assert tally.ends.peak_kilobytes < 300 << 10


def test_a_damaged_file_is_made_anew_by_its_number():
    assert mutated("xlsx", 7) == mutated("xlsx", 7)
    assert mutated("xlsx", 7) != mutated("xlsx", 10)


def test_the_kept_process_outlives_copies_that_die(tmp_path):
    path = tmp_path / "upload.csv"
    path.write_text("id,age\n" + "u,20\n" * 200_000, "utf-8")
    tight = Limits(cpu_seconds=0, cpu_seconds_per_megabyte=0)
    with KeptChild(tight) as child:
        for _ in range(2):
            with pytest.raises(FileRefused) as refused, child.read("file", path, path.name):
                pass
            assert refused.value.problem.code == "reading_too_slow"
        assert child.ends.signals == 2
