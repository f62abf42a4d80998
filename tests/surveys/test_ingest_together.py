"""Many senders at once, and senders that die: nothing twice, nothing half, nothing lost once there is a receipt."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from surveys.catalogue import Catalogue
from surveys.record import payloads
from surveys.record.tables import original, payload, submission, upload
from tests.surveys.arriving import arrival, keys_in
from tests.surveys.sending import INTERVIEWS, interviews


ROOT = Path(__file__).parents[2]


def sender(address, folder, first, files, dies_after=0):
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.surveys.sending",
            address,
            str(folder),
            str(first),
            str(files),
            str(dies_after),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def receipts(output):
    return {int(line.split()[0]): int(line.split()[1]) for line in output.splitlines()}


def require_whole(catalogue):
    """Every upload in the record is complete, and nothing belongs to an upload that is not there."""
    with catalogue.database.reading() as connection:
        uploads = {row.id: row for row in connection.execute(select(upload))}
        rows = dict(
            connection.execute(select(submission.c.upload, func.count()).group_by(submission.c.upload)).all()
        )
        answers = dict(connection.execute(select(payload.c.upload, payload.c.answers)).all())
        originals = set(connection.scalars(select(original.c.upload)))
        twice = connection.execute(
            select(submission.c.submission)
            .where(submission.c.superseded_by.is_(None))
            .group_by(submission.c.campaign, submission.c.submission)
            .having(func.count() > 1)
        ).all()
    assert {id_: row.accepted for id_, row in uploads.items()} == rows
    assert {id_: payloads.decode_payload(encoded).num_rows for id_, encoded in answers.items()} == rows
    assert originals == set(uploads)
    assert len({row.sha256 for row in uploads.values()}) == len(uploads)
    assert not twice
    assert catalogue.first_broken_audit_entry() is None
    return uploads


def test_eight_senders_of_half_the_same_files_store_each_once(address, tmp_path):
    senders = [
        sender(address, tmp_path, 4 * (number // 2), 8) for number in range(8)
    ]  # each file from two or more
    outputs = [process.communicate(timeout=240) for process in senders]
    assert [process.returncode for process in senders] == [0] * 8, [error for _, error in outputs]
    with Catalogue(address) as catalogue:
        uploads = require_whole(catalogue)
        assert len(uploads) == 20
        assert sum(part.interviews for part in catalogue.parts("pilot")) == 20 * INTERVIEWS
        actions = [entry.action for entry in catalogue.audit_entries()]
    assert (actions.count("upload stored"), actions.count("upload repeated")) == (20, 44)
    assert {number: id_ for output, _ in outputs for number, id_ in receipts(output).items()}.keys() == set(
        range(20)
    )


def test_a_sender_that_dies_after_any_statement_leaves_a_whole_record(address, tmp_path):
    keys = keys_in(tmp_path)
    with Catalogue(address) as catalogue:
        catalogue.store(arrival(interviews(0), keys))
    statement, died = 1, True
    while died:
        process = sender(address, tmp_path, 0, 3, statement)
        output, error = process.communicate(timeout=120)
        died = process.returncode == 9
        assert died or process.returncode == 0, error
        with Catalogue(address) as catalogue:
            uploads = require_whole(catalogue)
            assert set(receipts(output).values()) <= set(uploads)
        statement += 4
    assert statement > 12
    with Catalogue(address) as catalogue:
        assert catalogue.store(arrival(interviews(2), keys)).unchanged == INTERVIEWS


@pytest.mark.parametrize("seed", [1])
def test_senders_killed_at_random_moments_lose_no_receipt(address, tmp_path, seed):
    chance = random.Random(seed)  # noqa: S311  no secret
    Catalogue(address).close()
    promised = {}
    for round_ in range(8):
        process = sender(address, tmp_path, 30 * round_, 30)
        process.stdout.readline()  # it is at work
        time.sleep(chance.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        output, _ = process.communicate(timeout=60)
        promised |= receipts(output)
    with Catalogue(address) as catalogue:
        uploads = require_whole(catalogue)
        assert set(promised.values()) <= set(uploads)
        assert catalogue.store(arrival(interviews(9_999), keys_in(tmp_path))).accepted == INTERVIEWS
