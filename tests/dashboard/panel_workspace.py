"""A workspace whose campaign asks the same people twice: one site, slips in the keys, a pair of one id that is two people."""

import csv
from pathlib import Path

import xlsxwriter

from campaigns.registry import fieldwork_of, load_campaign
from dashboard.settings import Workspace, init_workspace
from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.xlsform import load_instrument


CAMPAIGN = """
campaign: panel
title: {en: Panel pilot, ko: 추적조사 시범사업}
instrument: panel
waves:
  - {id: baseline, title: {en: Baseline, ko: 사전 조사}}
  - {id: endline, title: {en: Endline, ko: 사후 조사}}
sites: [{id: npl, country: NPL, role: origin, audience: {en: workers, ko: 노동자}}]
columns:
  submission: interview
  respondent: code
  wave: wave
  arm: {column: arm, campaign: treated, comparison: control}
  cluster: ward
  interview_date: day
linking:
  keys:
    - {question: full_name, as: name}
    - {question: born, as: year}
    - {question: village, as: text}
    - {question: phone, as: phone}
outcomes:
  - id: heard
    construct: aided_recall
    title: {en: Heard, ko: 인지}
    score: {item: heard, values: {"yes": 1, "no": 0}}
    better: higher
    family: reach
    tier: primary
analysis: {design: paired_pre_post, before: baseline, after: endline}
"""
QUESTIONS = (
    ("text", "interview", "Interview"),
    ("text", "code", "Code"),
    ("select_one wave", "wave", "Wave"),
    ("select_one arm", "arm", "Arm"),
    ("text", "ward", "Ward"),
    ("date", "day", "Day"),
    ("text", "full_name", "Full name"),
    ("integer", "born", "Year of birth"),
    ("text", "village", "Village"),
    ("phonenumber", "phone", "Telephone"),
    ("select_one yesno", "heard", "Heard of it?"),
)
CHOICES = (
    ("wave", "baseline"), ("wave", "endline"), ("arm", "treated"), ("arm", "control"),
    ("yesno", "yes"), ("yesno", "no"),
)  # fmt: skip
PEOPLE = (
    ("Sita Tamang", "1984", "Dhading", "9841000001"),
    ("Ram Bahadur Thapa", "1979", "Gorkha", "9841222202"),
    ("Maya Gurung", "1991", "Lamjung", "9841333303"),
    ("Hari Prasad Sharma", "1988", "Chitwan", "9841444404"),
    *((f"Person{chr(97 + n)} Family{chr(107 + n)}", str(1960 + n), f"Village{n}", f"98420{n:05d}") for n in range(10)),
)  # fmt: skip
SECRETS = ("Tamang", "9841000001", "Dhading", "Thapa")


def build_empty(folder: Path) -> Workspace:
    """The workspace with its campaign and questionnaire; nothing was sent yet."""
    workspace = init_workspace(folder, "Panel")
    (workspace.campaigns / "panel.yaml").write_text(CAMPAIGN, "utf-8")
    form = workspace.instruments / "panel.xlsx"
    with xlsxwriter.Workbook(str(form)) as book:
        survey, choices, settings = (book.add_worksheet(name) for name in ("survey", "choices", "settings"))
        for row, cells in enumerate((("type", "name", "label"), *QUESTIONS)):
            survey.write_row(row, 0, cells)
        for row, cells in enumerate((("list_name", "name", "label"), *((a, b, b) for a, b in CHOICES))):
            choices.write_row(row, 0, cells)
        for row, cells in enumerate((("form_title", "form_id", "version"), ("Panel", "panel", "1"))):
            settings.write_row(row, 0, cells)
    return workspace


def build(folder: Path) -> Workspace:
    """The workspace, with both waves stored; no pairs were sought yet."""
    workspace = build_empty(folder)
    form = workspace.instruments / "panel.xlsx"
    path = folder.parent / "both-waves.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([name for _, name, _ in QUESTIONS])
        writer.writerows(_rows())
    campaign = load_campaign(workspace.campaigns / "panel.yaml")
    with Catalogue(workspace.database_url) as catalogue:
        receipt = ingest_file(
            path, catalogue=catalogue, keys=workspace.keys, instrument=load_instrument(form),
            fieldwork=fieldwork_of(campaign, site="npl"),
        )  # fmt: skip
    assert receipt.verdict == "accept", receipt.as_dict()
    return workspace


def _rows() -> list[list[str]]:
    """Everybody before; after, the first four with slips, two of one id who are two people, and the rest."""
    before = [_row(number, "baseline", "", *person) for number, person in enumerate(PEOPLE)]
    before[13][1] = "R-13"
    after = [_row(number, "endline", "", *person) for number, person in enumerate(PEOPLE[:10])]
    after[0][6] = "Seeta Tamang"
    after[1][9] = "9841222220"
    after[2][8] = "Lamjun"
    after.append(_row(99, "endline", "R-13", "Zeno Quux", "2001", "Elsewhere", "9700000000"))
    return [*before, *after]


def _row(number: int, wave: str, code: str, name: str, born: str, village: str, phone: str) -> list[str]:
    arm = "treated" if number % 2 else "control"
    day = "2026-02-03" if wave == "baseline" else "2026-09-05"
    heard = "yes" if wave == "endline" else "no"
    return [f"{wave}-{number}", code, wave, arm, f"w{number % 4}", day, name, born, village, phone, heard]
