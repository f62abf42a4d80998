"""The routes a file goes through, as a browser that is cut off, hostile or impatient uses them."""

import csv
import io
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.app import create_app
from dashboard.receiving import PIECE_BYTES
from dashboard.settings import Workspace
from surveys.catalogue import Catalogue
from surveys.reading import launching
from tests.dashboard.clients import client_of
from tests.dashboard.panel_workspace import QUESTIONS, build_empty
from tests.dashboard.test_receiving import hashed


BY = "Asha"
LONG = 30


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A campaign and nothing sent yet."""
    return build_empty(tmp_path / "workspace")


@pytest.fixture
def client(workspace: Workspace) -> FlaskClient:
    return client_of(create_app(workspace))


@pytest.fixture
def record(workspace: Workspace) -> Iterator[Catalogue]:
    with Catalogue(workspace.database_url) as catalogue:
        yield catalogue


def interviews(count: int, mark: str = "a") -> bytes:
    said = io.StringIO()
    names = [name for _, name, _ in QUESTIONS]
    writer = csv.writer(said)
    writer.writerow(names)
    for number in range(count):
        one = {
            "interview": f"{mark}{number}",
            "code": f"c{mark}{number}",
            "wave": "baseline",
            "arm": "treated",
        }
        one |= {"ward": "w1", "day": "2026-03-02", "full_name": "Maya", "born": "1990", "village": "Lamki"}
        writer.writerow([{"phone": "9841000000", "heard": "yes", **one}[name] for name in names])
    return said.getvalue().encode()


def announce(client: FlaskClient, size: object, **said: object) -> object:
    body = {"campaign": "panel", "site": "npl", "name": "a.csv", "size": size, "by": BY, **said}
    return client.post("/upload?lang=en", json=body)


def patch(client: FlaskClient, id_: str, body: bytes, offset: object) -> object:
    return client.patch(f"/upload/{id_}?lang=en", data=body, headers={"Upload-Offset": str(offset)})


def arrived(client: FlaskClient, body: bytes, **said: object) -> str:
    id_ = announce(client, len(body), **said).json["id"]
    assert patch(client, id_, body, 0).status_code == 200
    return id_


def judged(client: FlaskClient, body: bytes) -> tuple[str, dict]:
    id_ = arrived(client, body)
    assert client.post(f"/upload/{id_}/whole", json={"fingerprint": hashed(body)}).status_code == 202
    return id_, ended(client, id_)


def ended(client: FlaskClient, id_: str) -> dict:
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        told = client.get(f"/upload/{id_}.json?lang=en").json
        if told["state"] != "running" and not told.get("writing"):
            return told
        time.sleep(0.02)
    raise AssertionError("the upload came to no end")


def left(workspace: Workspace) -> list[Path]:
    return list(workspace.arriving.iterdir()) if workspace.arriving.is_dir() else []


def test_a_file_is_sent_in_pieces_with_a_cut_between_and_judged_as_one(
    client: FlaskClient, workspace: Workspace, record: Catalogue
) -> None:
    body = interviews(20)
    id_ = announce(client, len(body)).json["id"]
    assert patch(client, id_, body[:300], 0).json == {"offset": 300}
    reply = client.head(f"/upload/{id_}")
    assert (reply.headers["Upload-Offset"], reply.headers["Upload-Length"]) == ("300", str(len(body)))
    told = client.get(f"/upload/{id_}.json").json
    assert (told["state"], told["offset"], told["fingerprint"]) == ("arriving", 300, hashed(body[:300]))
    wrong = patch(client, id_, body[200:], 200)
    assert (wrong.status_code, wrong.json) == (409, {"offset": 300})
    early = client.post(f"/upload/{id_}/whole", json={"fingerprint": hashed(body)})
    assert (early.status_code, early.json) == (409, {"offset": 300})
    assert patch(client, id_, body[300:], 300).json == {"offset": len(body)}
    assert client.post(f"/upload/{id_}/whole", json={"fingerprint": hashed(body)}).status_code == 202
    assert ended(client, id_)["verdict"]["state"] == "accepted"
    [upload] = record.uploads("panel")
    assert (upload.accepted, upload.uploader) == (20, BY)
    assert left(workspace) == []
    assert patch(client, id_, b"x", len(body)).status_code == 404


@pytest.mark.parametrize(
    ("size", "said", "status"),
    [
        (-1, {}, 400), ("12", {}, 400), (True, {}, 400), (1.5, {}, 400), (None, {}, 400), (10**12, {}, 413),
        (10, {"campaign": "../panel"}, 404), (10, {"campaign": None}, 404), (10, {"by": "  "}, 400),
    ],
)  # fmt: skip
def test_a_wrong_announcement_makes_no_place(
    client: FlaskClient, workspace: Workspace, size: object, said: dict, status: int
) -> None:
    assert announce(client, size, **said).status_code == status
    assert left(workspace) == []


@pytest.mark.parametrize("offset", ["", "-1", "x", "1e3", "0x0", "9" * 16, "٣"])
def test_a_hostile_offset_is_refused(client: FlaskClient, offset: str) -> None:
    id_ = announce(client, 10).json["id"]
    assert (
        client.patch(f"/upload/{id_}", data=b"x", headers={"Upload-Offset": offset.encode()}).status_code
        == 400
    )
    assert client.head(f"/upload/{id_}").headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("id_", ["x", "..", "a" * 32, "%00" * 32, "%ff"])
def test_an_id_nobody_was_given_is_not_found(client: FlaskClient, id_: str) -> None:
    for reply in (
        client.head(f"/upload/{id_}"), patch(client, id_, b"x", 0), client.delete(f"/upload/{id_}"),
        client.post(f"/upload/{id_}/whole", json={}), client.get(f"/upload/{id_}.json"),
        client.post(f"/upload/{id_}/undo", json={"by": BY}),
    ):  # fmt: skip
        assert reply.status_code == 404


def test_a_piece_is_no_larger_than_it_may_be_and_another_site_sends_none(client: FlaskClient) -> None:
    id_ = announce(client, 20 << 20).json["id"]
    assert patch(client, id_, bytes(PIECE_BYTES + 1), 0).status_code == 413
    headers = {"Upload-Offset": "0", "Sec-Fetch-Site": "cross-site"}
    assert client.patch(f"/upload/{id_}", data=b"x", headers=headers).status_code == 403
    assert client.delete(f"/upload/{id_}", headers=headers).status_code == 403
    assert client.head(f"/upload/{id_}").headers["Upload-Offset"] == "0"


def test_a_file_that_changed_on_its_way_is_told_and_stored_nowhere(
    client: FlaskClient, workspace: Workspace, record: Catalogue
) -> None:
    body = interviews(3)
    id_ = arrived(client, body)
    reply = client.post(f"/upload/{id_}/whole?lang=ko", json={"fingerprint": hashed(b"other")})
    assert reply.status_code == 422
    assert "바뀌어" in reply.json["error"]
    assert left(workspace) == []
    assert record.uploads("panel") == []


def test_a_server_that_was_started_again_goes_on_with_what_it_had(
    client: FlaskClient, workspace: Workspace, record: Catalogue
) -> None:
    body = interviews(4)
    id_ = arrived(client, body)
    (workspace.arriving / id_ / "verified").touch()  # the other server died while it judged the file
    again = client_of(create_app(workspace))
    told = again.get(f"/upload/{id_}.json").json
    assert (told["state"], told["verified"]) == ("arriving", True)
    assert again.post(f"/upload/{id_}/whole", json={}).status_code == 202
    assert ended(again, id_)["verdict"]["state"] == "accepted"
    assert [upload.accepted for upload in record.uploads("panel")] == [4]


def test_cancelling_while_the_file_is_sent_leaves_nothing(
    client: FlaskClient, workspace: Workspace, record: Catalogue
) -> None:
    id_ = announce(client, 100).json["id"]
    patch(client, id_, b"x" * 50, 0)
    assert client.delete(f"/upload/{id_}").json == {"cancelled": True}
    assert client.head(f"/upload/{id_}").status_code == 404
    assert left(workspace) == []
    assert record.uploads("panel") == []


@pytest.mark.parametrize("content", ["interviews", "no table"])
def test_cancelling_while_the_file_is_read_ends_the_reader_and_leaves_nothing(
    client: FlaskClient, workspace: Workspace, record: Catalogue, content: str
) -> None:
    judged(client, interviews(2, "first"))  # so that the questionnaire needs no reader of its own
    before = len(record.audit_entries())
    body = interviews(3) if content == "interviews" else b"\0" * 4096
    id_ = arrived(client, body)
    client.post(f"/upload/{id_}/whole", json={"fingerprint": hashed(body)})
    assert client.delete(f"/upload/{id_}").json == {"cancelled": True}
    assert ended(client, id_)["state"] == "cancelled"
    assert left(workspace) == []
    assert readers() == []
    assert [upload.accepted for upload in record.uploads("panel")] == [2]
    assert len(record.audit_entries()) == before


def test_what_is_stored_can_be_taken_back_and_no_more_cancelled(
    client: FlaskClient, record: Catalogue
) -> None:
    id_, told = judged(client, interviews(5))
    assert told["undo"] is True
    assert client.delete(f"/upload/{id_}").json == {"cancelled": False}
    assert client.post(f"/upload/{id_}/undo", json={"by": " "}).status_code == 409
    assert sum(part.interviews for part in record.parts("panel")) == 5
    assert client.post(f"/upload/{id_}/undo", json={"by": BY}).status_code == 200
    assert sum(part.interviews for part in record.parts("panel")) == 0
    assert client.post(f"/upload/{id_}/undo", json={"by": BY}).status_code == 409  # it is out already


def test_a_file_that_came_before_offers_nothing_to_take_back(client: FlaskClient, record: Catalogue) -> None:
    judged(client, interviews(2))
    id_, told = judged(client, interviews(2))
    assert told["undo"] is False
    assert client.post(f"/upload/{id_}/undo", json={"by": BY}).status_code == 409
    assert sum(part.interviews for part in record.parts("panel")) == 2


def readers() -> list[str]:
    """Reading processes of ours that are still there."""
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True, check=False
    )
    return [line for line in listed.stdout.splitlines() if launching.__name__.rsplit(".", 1)[0] in line]
