import stat
import struct
import zipfile
from pathlib import Path

import pytest

from surveys.reading import Limits
from tests.surveys.reading_here import cells_of, read_here, refusal_of


MAIN = "SubmissionDate,age,KEY,SubmitterID\n2026-03-01,20,uuid:1,5\n"
ROSTER = "name,PARENT_KEY,KEY\nA,uuid:1,uuid:1/kid[1]\n"


def archive(folder: Path, members: dict[str, str | bytes]) -> Path:
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def test_an_export_of_odk_central_is_its_interviews_and_rosters_without_media(tmp_path):
    path = archive(
        tmp_path,
        {
            "kap.csv": MAIN,
            "kap-kid.csv": ROSTER,
            "media/a.jpg": b"\xff\xd8\xff",
            "media/b.zip": b"PK\x03\x04",
            "kap - audit.csv": "event,node\n",
        },
    )
    file = read_here(path)
    assert (file.format, file.dialect, file.interviews.name) == ("zip", "odk_central", "kap")
    assert [roster.name for roster in file.rosters] == ["kap-kid"]
    assert cells_of(file.interviews) == [["2026-03-01", "20", "uuid:1", "5"]]
    assert [warning.code for warning in file.warnings] == ["members_ignored"]


def test_an_export_of_ona_is_told_by_its_parent_index(tmp_path):
    tail = "_id,_uuid,_submission_time,_index,_parent_table_name,_parent_index,_xform_id"
    path = archive(
        tmp_path,
        {
            "x/kids.csv": f"kids/age,{tail}\n3,,,,1,data,1,\n".replace(",,,,1", ",,,,1"),
            "x/data.csv": f"age,{tail}\n20,7,u7,t,1,,-1,9\n",
            "__MACOSX/x/._data.csv": b"\x00\x05\x16\x07",
        },
    )
    file = read_here(path)
    assert (file.interviews.name, file.dialect) == ("data", "ona")


def test_two_tables_of_interviews_are_refused_until_one_is_named(tmp_path):
    path = archive(tmp_path, {"one.csv": "id,age\n1,2\n", "two.csv": "id,sex\n1,f\n"})
    assert refusal_of(path) == "sheets_ambiguous"
    assert read_here(path, sheet="two").interviews.columns == ("id", "sex")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"labels.sps": "VALUE LABELS"}, "archive_no_data"),
        ({"photo.jpg": b"\xff\xd8\xff"}, "archive_no_data"),
        ({"inner.zip": b"PK\x03\x04"}, "archive_nested"),
        ({"data.csv": b"PK\x03\x04 pretends"}, "archive_nested"),
        ({"book.xlsx": b"PK\x03\x04"}, "archive_nested"),
        ({"../data.csv": MAIN}, "archive_path"),
        ({"/data.csv": MAIN}, "archive_path"),
        ({"C:\\data.csv": MAIN}, "archive_path"),
        ({"a\\..\\data.csv": MAIN}, "archive_path"),
        ({"data.csv": "a,b\n" + "0,0\n" * 2_000_000}, "archive_bomb"),
        ({"kids.csv": ROSTER}, "only_rosters"),
    ],
)
def test_archives_that_hold_something_else_are_refused(tmp_path, members, code):
    assert refusal_of(archive(tmp_path, members)) == code


def test_more_members_or_megabytes_than_allowed_are_refused(tmp_path):
    path = archive(tmp_path, {f"{number}.txt": "x" * 1000 for number in range(5)})
    assert refusal_of(path, limits=Limits(members=4)) == "archive_members"
    assert refusal_of(path, limits=Limits(unpacked_bytes=4000)) == "unpacked_too_large"


def test_two_members_of_one_name_are_refused(tmp_path):
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("data.csv", MAIN)
        with pytest.warns(UserWarning, match="Duplicate"):
            target.writestr("data.csv", ROSTER)
    assert refusal_of(path) == "archive_duplicate"


def test_a_link_is_refused(tmp_path):
    path = tmp_path / "upload.zip"
    link = zipfile.ZipInfo("data.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as target:
        target.writestr(link, "/etc/passwd")
    assert refusal_of(path) == "archive_link"


def test_a_locked_member_is_refused(tmp_path):
    path = archive(tmp_path, {"data.csv": MAIN})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        content[at : at + 2] = struct.pack("<H", struct.unpack("<H", content[at : at + 2])[0] | 1)
    path.write_bytes(bytes(content))
    assert refusal_of(path) == "archive_encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_rare_packing_method_is_refused(tmp_path, method):
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w", method) as target:
        target.writestr("data.csv", MAIN)
    assert refusal_of(path) == "archive_method"


def test_overlapping_members_are_refused(tmp_path):
    path = archive(tmp_path, {"a.csv": "x" * 300, "b.csv": "y" * 300})
    content = bytearray(path.read_bytes())
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[second + 42 : second + 46] = struct.pack("<I", 4)  # where its own header is said to begin
    path.write_bytes(bytes(content))
    assert refusal_of(path) == "archive_overlap"


def test_a_member_longer_than_declared_is_refused(tmp_path):
    path = archive(tmp_path, {"data.csv": MAIN * 20})
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 40)
    path.write_bytes(bytes(content))
    assert refusal_of(path) == "archive_damaged"


@pytest.mark.parametrize("cut", [30, 100, 4])
def test_a_truncated_archive_is_refused(tmp_path, cut):
    path = archive(tmp_path, {"data.csv": MAIN * 20})
    path.write_bytes(path.read_bytes()[:-cut])
    assert refusal_of(path) == "archive_damaged"


def test_what_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "upload.zip"
    path.write_bytes(b"Rar!\x1a\x07")
    assert refusal_of(path) == "content_mismatch"
