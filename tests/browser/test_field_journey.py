"""From an upload with mistakes to an export of effects, as a field team and an evaluator go through it."""

import csv
import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from campaigns.export import EFFECT_COLUMNS, PLAN_COLUMNS
from dashboard.settings import Workspace
from surveys.catalogue import Catalogue
from surveys.languages import say
from tests.browser.conftest import Visit
from tests.browser.test_compare import overflow, serious_violations


pytestmark = pytest.mark.browser
CAMPAIGN = "safe-journeys-2026"
SITE, WAVE = "npl", "endline"
NAME = "Asha"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_file_with_mistakes_is_mended_and_comes_in_once(
    desktop: Visit, demo: Workspace, tmp_path: Path, language: str, shots: Path | None
) -> None:
    page = desktop.open(f"/upload?lang={language}")
    held = interviews(demo)
    file = fresh_copy(demo, tmp_path, language)

    send(page, file)
    expect(page.locator(".verdict h2")).to_have_text(say("screens.upload.verdicts.partly.headline", language))
    stored, refused = count(page, "accepted"), count(page, "rejected")
    assert stored > 0
    assert refused > 0
    told = [f"{number:,}" for number in (stored, 0, refused, count(page, "declined"), 0)]
    expect(page.locator(".history-table tbody tr").first.locator("td.number")).to_have_text(told)
    assert page.locator(".cause").count() > 1
    assert serious_violations(page) == []
    if shots:
        page.screenshot(path=shots / f"upload-verdict-{language}-desktop.png", full_page=True)
    with page.expect_download() as download:
        page.locator(".verdict a[download]").click()
    workbook = tmp_path / "refused.xlsx"
    download.value.save_as(workbook)

    mend(workbook, file)
    send(page, workbook)
    expect(page.locator(".verdict h2")).to_have_text(
        say("screens.upload.verdicts.accepted.headline", language)
    )
    expect(page.locator(".verdict a.button")).to_have_count(0)  # nothing is left to mend
    consenting = count(page, "accepted")
    assert interviews(demo) == held + stored + consenting

    send(page, file)
    expect(page.locator(".verdict h2")).to_have_text(say("screens.upload.verdicts.partly.headline", language))
    assert count(page, "accepted") == 0
    assert interviews(demo) == held + stored + consenting
    expect(page.locator(".history-table")).to_contain_text(file.name)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_no_survey_file_is_refused_in_words(phone: Visit, tmp_path: Path, language: str) -> None:
    page = phone.open(f"/upload?lang={language}")
    broken = tmp_path / "photo.csv"
    broken.write_bytes(b"\0" * 4096)
    send(page, broken)
    expect(page.locator(".verdict h2")).to_have_text(
        say("screens.upload.verdicts.refused.headline", language)
    )
    assert page.locator(".cause .fix").count() == 1
    assert overflow(page) <= 0
    assert "Traceback" not in page.content()


def test_an_evaluator_takes_the_effects_home(desktop: Visit) -> None:
    page = desktop.open("/export?lang=en")
    taken = {}
    for kind in ("csv", "json", "xlsx"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"Download {kind.upper()}").click()
        taken[kind] = Path(download.value.path()).read_bytes()
    rows = list(csv.DictReader(io.StringIO(taken["csv"].decode("utf-8-sig"))))
    assert list(rows[0]) == [*EFFECT_COLUMNS, *PLAN_COLUMNS]
    assert len(rows) == len(json.loads(taken["json"]))
    effects = openpyxl.load_workbook(io.BytesIO(taken["xlsx"])).worksheets[0]
    assert [cell.value for cell in effects[1]] == [*EFFECT_COLUMNS, *PLAN_COLUMNS]


def send(page: Page, file: Path) -> None:
    page.locator(".choice select").first.select_option(SITE)
    page.locator(".choices input").fill(NAME)
    with page.expect_response(re.compile(r"/upload\?")):
        page.locator("input[type=file]").set_input_files(file)
    page.locator(".file-name", has_text=file.name).wait_for(timeout=60_000)


def count(page: Page, name: str) -> int:
    return int(page.locator(f".counts .{name} dd").inner_text().replace(",", ""))


def interviews(demo: Workspace) -> int:
    with Catalogue(demo.database_url) as catalogue:
        return sum(part.interviews for part in catalogue.parts(CAMPAIGN))


def fresh_copy(demo: Workspace, folder: Path, language: str) -> Path:
    """The demonstration's file with mistakes, with interview ids nobody sent before."""
    source = next((demo.folder / "incoming").glob("try-me*.csv"))
    text = re.sub(
        r"[0-9a-f]{8}(-[0-9a-f]{4}-)",
        rf"{'0123abcd' if language == 'en' else 'dcba3210'}\1",
        source.read_text("utf-8"),
    )
    copy = folder / f"nepal-{language}.csv"
    copy.write_text(text, "utf-8")
    return copy


def mend(workbook: Path, file: Path) -> None:
    """Give every refused row the answers of a row that was right; its own ids stay."""
    with file.open(encoding="utf-8", newline="") as opened:
        good = next(csv.DictReader(opened, delimiter=";"))
    book = openpyxl.load_workbook(workbook)
    sheet = book.active
    headers = [cell.value for cell in sheet[1]]
    seen = set()
    for number in range(sheet.max_row, 1, -1):
        row = {header: sheet.cell(number, place) for place, header in enumerate(headers, start=1)}
        for header, cell in row.items():
            if header in good and header not in {
                "_id",
                "_uuid",
                "meta/rootUuid",
                "_index",
                "respondent_code",
            }:
                cell.value = good[header]
        if not row["_uuid"].value or row["_uuid"].value in seen:
            sheet.delete_rows(number)  # an interview without an id, or the second of two
        seen.add(row["_uuid"].value)
    book.save(workbook)
