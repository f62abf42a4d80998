"""Thirty planted pieces of personal data, sent through the door: none is found anywhere but in the encrypted original."""

import csv
import json
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import xlsxwriter
from sqlalchemy import inspect, text

from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.keys import KeyRing
from tests.dashboard.test_files_verbs import awareness, workspace
from tests.surveys.databases import new_postgresql_database, postgresql_server
from tests.surveys.fieldwork_example import CAMPAIGN, CHOICES, SURVEY


__all__ = ["awareness", "postgresql_server", "workspace"]

ASKED = (
    *SURVEY,
    ("geopoint", "spot", "Where are we?", ""),
    ("date", "dob", "Date of birth", ""),
    ("text", "q41", "성명", ""),
    ("text", "q42", "Line", ""),
    ("text", "q43", "Copied", ""),
    ("calculate", "q44", "Label", ""),
    ("text", "team", "Interviewer", ""),
    ("select_one yesno", "consent", "Consent", "yes"),
)
IN_REMARKS = (
    "010-2000-7311", "โทร ๐๘๑ ๒๓๔ ๗๓๑๒", "09 212 7313 ကိုခေါ်ပါ", "تماس ۰۷۰ ۱۲۳ ۷۳۱۴", "０１０－２０００－７３１５", "+880 1812-347316", "somebody.7317@example.org",
    "990228-1007318", "1-1037-07319-81-2", "3174012304907320", "1400-0100-07321", "12345-0073220-1", "M12347323", "4111 1111 1111 1111",
    "13.757324, 100.501762", "8Q98PG4J+8V", "LINE ID: somebody7326", "facebook.com/some.body.7327", "제 이름은 김칠삼입니다", "นายสมชายเจ็ด ใจดี", "my name is Seventhreethirty Sample",
    "آقای هفتسی گفت",
)  # fmt: skip


def rows() -> list[dict[str, str]]:
    """Every row holds a canary; the last one comes without consent."""
    found = []
    for number, remark in enumerate((*IN_REMARKS, "nothing", "nothing")):
        found.append(
            {
                "interview": f"i{number}", "person": f"RESP-73{number:02d}", "wave": "baseline", "arm": "treated", "ward": "w1",
                "day": "2026-02-03", "age": "30", "heard": "yes", "phone": f"07712{73400 + number}", "remark": remark,
                "spot": f"13.7{73500 + number} 100.5{73500 + number} 0 0", "dob": f"1990-07-{number + 1:02d}", "q41": f"홍길{'가나다라마바사아자차카타파하고노도로모보소오'[number % 22]}",
                "q42": f"@some_7{3600 + number}", "q43": f"RESP-73{number:02d}", "q44": f"home of RESP-73{number:02d}", "team": "Jane Seventhreeseven",
                "consent": "yes", "unasked phone": f"08{73800 + number}1234",
            }
        )  # fmt: skip
    found[-1] |= {
        "consent": "no",
        "remark": "goldfinch of a refusal",
        "age": "goldfinch age",
        "ward": "goldfinch ward",
    }
    found[-2] |= {"age": "my phone is 0812737390"}  # refused: the cell would be quoted
    return found


CANARIES = (
    *IN_REMARKS, "RESP-73", "0771273", "13.773", "100.573", "1990-07", "홍길", "some_73", "Seventhreeseven", "08738", "goldfinch", "0812737390", "010-2000-7399",
)  # fmt: skip


def send(folder: Path) -> Path:
    with xlsxwriter.Workbook(str(folder / "instruments/kap.xlsx")) as book:
        settings = (("form_title", "form_id", "version"), ("Pilot", "kap", "3"))
        for name, table in (("survey", ASKED), ("choices", CHOICES), ("settings", settings)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(table):
                sheet.write_row(number, 0, row)
    (folder / "campaigns/pilot.yaml").write_text(
        CAMPAIGN.replace("day\n", "day\n  interviewer: team\n", 1), "utf-8"
    )
    file = folder.parent / "tel 010-2000-7399.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows()[0]))
        writer.writeheader()
        writer.writerows(rows())
    return file


def spread(content: bytes) -> list[bytes]:
    """A file's bytes, and what zip members in them say."""
    pieces, start = [content], 0
    while (start := content.find(b"PK\x03\x04", start)) >= 0:
        skip = int.from_bytes(content[start + 26 : start + 28], "little") + int.from_bytes(
            content[start + 28 : start + 30], "little"
        )
        try:
            pieces.append(zlib.decompressobj(-15).decompress(content[start + 30 + skip :]))
        except zlib.error:
            pieces.append(b"")
        start += 4
    return pieces


def said_in(path: Path) -> str:
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pydict())
    return "".join(piece.decode("utf-8", "replace") for piece in spread(path.read_bytes()))


def payloads_of(folder: Path) -> str:
    """The compressed answers of the record, unpacked."""
    import io

    with sqlite3.connect(folder / "catalogue.db") as database:
        found = database.execute("SELECT answers FROM payload UNION ALL SELECT answers FROM held_payload")
        return str([pq.read_table(io.BytesIO(row[0])).to_pydict() for row in found])


def found_in(text_: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text_]


def test_no_canary_leaves_the_encrypted_original(workspace, tmp_path):
    file = send(workspace)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    program = [sys.executable, "-m", "dashboard"]
    told = ""
    for words in (
        (
            "ingest",
            str(file),
            "--campaign",
            "pilot",
            "--site",
            "npl",
            "--report",
            str(workspace / "report.json"),
        ),
        ("ingest", str(file), "--campaign", "pilot", "--site", "npl", "--language", "ko"),
        ("responses", "--campaign", "pilot", "--output", str(workspace / "rows.csv"), "--without-withheld"),
        ("evaluate", "--campaign", "pilot"),
        ("withheld", "--campaign", "pilot"),
        ("retention",),
    ):
        done = subprocess.run(
            [*program, *words, "--workspace", str(workspace)],
            capture_output=True, text=True, check=False, env={"TMPDIR": str(scratch), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        told += done.stdout + done.stderr
    report = json.loads((workspace / "report.json").read_text("utf-8"))
    assert report["accepted"] == len(IN_REMARKS)
    warned = {one["row"] for one in report["warnings"] if one["code"] == "personal_data_in_text"}
    assert warned == set(range(1, len(IN_REMARKS) + 1))
    assert found_in(told) == []
    for path in (*workspace.rglob("*"), *scratch.rglob("*")):
        if path.is_file() and path.parent.name not in ("instruments",):
            assert (path.name, found_in(said_in(path))) == (path.name, [])
    assert found_in(payloads_of(workspace)) == []
    with Catalogue(f"sqlite:///{workspace / 'catalogue.db'}") as catalogue:
        assert found_in(catalogue.original(1, KeyRing(workspace / "keys")).decode()) == [
            one for one in CANARIES if one != "010-2000-7399"
        ]
        [count] = catalogue.without_consent("pilot")
        assert (count.site, count.refused, count.blank) == ("npl", 1, 0)
    rows_kept = (workspace / "rows.csv").read_text("utf-8")
    assert '"1990"' in rows_kept  # the year is what is kept of a day of birth
    assert "q41" not in rows_kept.splitlines()[0]


@pytest.mark.postgresql
def test_nor_any_table_of_postgresql(workspace, postgresql_server):
    from campaigns.registry import fieldwork_of, load_campaign
    from surveys.xlsform import load_instrument

    file = send(workspace)
    with Catalogue(new_postgresql_database(postgresql_server)) as catalogue:
        ingest_file(
            file,
            catalogue=catalogue,
            keys=KeyRing(workspace / "keys"),
            instrument=load_instrument(workspace / "instruments/kap.xlsx"),
            fieldwork=fieldwork_of(load_campaign(workspace / "campaigns/pilot.yaml"), site="npl"),
        )
        with catalogue.database.reading() as connection:
            dump = ""
            for table in inspect(connection).get_table_names():
                for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608
                    dump += "".join(
                        cell.decode("utf-8", "replace") if isinstance(cell, bytes | memoryview) else str(cell)
                        for cell in row
                    )
        assert "upload stored" in dump
        assert found_in(dump) == []
