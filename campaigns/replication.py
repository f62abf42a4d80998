"""A replication bundle: de-identified rows, the plan, the numbers expected, and scripts that need no code of ours.

It has rows, so it is for evaluators. What may not be shown of small groups is not in it either: the effects that
``disclosure`` withholds are not expected, and the rows of sites of which nothing may be shown are left out.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import pandas as pd

from campaigns.codebook import Entry, as_in_extract, codebook_of_campaign, codebook_of_plan, codebook_table
from campaigns.coded_labels import declared_choices
from campaigns.disclosure import without_small
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import EffectEstimate, Evaluation, LockedPlan
from campaigns.effects_of_sites import analyses
from campaigns.expected import (
    AVERAGE_COLUMNS,
    CONTRAST_COLUMNS,
    FAMILY,
    expected_averages,
    expected_contrasts,
    expected_effects,
    families_of_campaign,
    families_of_plan,
)
from campaigns.export import software
from campaigns.extract import Extract, extract_of, without
from campaigns.flat_files import as_json, table_as_csv
from campaigns.one_table import answers_of_file, effects_of_answers, specification_of, with_scores
from campaigns.plan import load_plan
from campaigns.plan_lock import plan_content
from campaigns.plan_told import campaign_plan_told, file_plan_told
from campaigns.rare_combinations import FEWEST_ALIKE, RareCombinations
from surveys.instrument import Instrument
from surveys.languages import languages, pick, say
from surveys.problems import Refused


SCRIPTS = ("replicate.R", "replicate.py")
R_PACKAGES = ("sandwich", "clubSandwich", "survey", "metafor", "AER")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The bundle as a ZIP file, and how many of its rows are like few others."""

    content: bytes
    rare: RareCombinations


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """What goes into a bundle."""

    title: Mapping[str, str]
    extract: Extract
    effects: pd.DataFrame
    averages: pd.DataFrame
    contrasts: pd.DataFrame
    codebook: Sequence[Entry]
    plan: object
    versions: Mapping[str, object]
    why: str  # rows that few others are like are taken out


def bundle_of_campaign(
    exact: Evaluation,
    answers: Sequence[Path],
    *,
    lock: LockedPlan | None,
    instrument: Instrument | None,
    policy: Policy = POLICY,
    why: str = "",
) -> Bundle:
    """A bundle of a campaign.

    Parameters
    ----------
    exact
        Its evaluation before anything is rounded.
    answers
        The answers that evaluation was made from.
    lock
        The plan it is held against; where there is none, the plan as the campaign file has it.
    why
        Why rows are taken out although few others are like them.

    Raises
    ------
    Refused
        A covariate names people or places; or few rows are alike, and ``why`` is blank.
    """
    campaign, kept = exact.campaign, without_small(exact, policy)
    with analyses(campaign, answers) as found:
        extract = extract_of(
            [(one.rows, one.specification) for one in found], declared_choices(campaign, instrument)
        )
    shown = {e.subject.site for e in kept.effects if isinstance(e, EffectEstimate)}
    hidden = [site.id for site in campaign.sites if site.id not in shown]
    effects = expected_effects(kept.effects, extract)
    effects[list(FAMILY)] = families_of_campaign(kept, exact)
    extract = replace(extract, rows=without(extract.rows, hidden))
    codebook = codebook_of_campaign(campaign, instrument, list(extract.rows.columns), extract.renamed)
    content = plan_content(campaign) if lock is None else lock.content
    return _zipped(
        _Contents(
            title=campaign.title,
            extract=extract,
            effects=effects,
            averages=expected_averages(kept, effects),
            contrasts=expected_contrasts(kept, effects),
            codebook=as_in_extract(codebook, extract),
            plan={"locked": None if lock is None else lock.as_dict(), "plan": campaign_plan_told(content)},
            versions={"plan_sha256": campaign.sha256, "data_sha256": exact.data_sha256},
            why=why,
        )
    )


def bundle_of_file(plan_file: Path, data_file: Path, *, why: str = "") -> Bundle:
    """A bundle of a plan on one file of data. Exact, as ``estimate`` is; it refuses what ``bundle_of_campaign`` does."""
    plan = load_plan(plan_file)
    answers = answers_of_file(plan, data_file)
    effects = effects_of_answers(plan, answers)
    extract = extract_of([(with_scores(answers.table, answers.scores), specification_of(plan))])
    expected = expected_effects(effects, extract)
    expected[list(FAMILY)] = families_of_plan(expected, effects, plan)
    title = dict.fromkeys(languages(), plan_file.stem)
    codebook = codebook_of_plan(plan, list(extract.rows.columns), extract.renamed)
    return _zipped(
        _Contents(
            title=title,
            extract=extract,
            effects=expected,
            averages=pd.DataFrame(columns=["id", *AVERAGE_COLUMNS]),
            contrasts=pd.DataFrame(columns=["id", *CONTRAST_COLUMNS]),
            codebook=as_in_extract(codebook, extract),
            plan={"locked": None, "plan": file_plan_told(plan_file)},
            versions={"plan_sha256": plan.sha256, "data_sha256": answers.data_sha256},
            why=why,
        )
    )


def _zipped(contents: _Contents) -> Bundle:
    rare = contents.extract.rare
    if rare.rare and not contents.why.strip():
        raise Refused(
            "rare_combinations", "--bundle", rare=rare.rare, rows=rare.rows, alone=rare.alone,
            few=FEWEST_ALIKE, columns=", ".join(rare.columns),
        )  # fmt: skip
    extract = _plain_csv(contents.extract.rows)
    versions = {
        **contents.versions,
        "extract_sha256": hashlib.sha256(extract).hexdigest(),
        "software": software(),
        "r_packages": list(R_PACKAGES),
        "python_packages": ["pandas", "numpy", "statsmodels"],
        "rare_combinations": {**rare.facts(), "why": contents.why.strip() if rare.rare else ""},
    }
    members = {
        "extract.csv": extract,
        "expected_effects.csv": _plain_csv(contents.effects),
        "expected_averages.csv": _plain_csv(contents.averages),
        "expected_contrasts.csv": _plain_csv(contents.contrasts),
        "codebook.csv": table_as_csv(codebook_table(contents.codebook)),
        "plan.json": as_json(contents.plan),
        "versions.json": as_json(versions),
        **{name: files("campaigns").joinpath("replication_scripts", name).read_bytes() for name in SCRIPTS},
        **{_readme_name(language): _readme(contents, language) for language in languages()},
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return Bundle(content=file.getvalue(), rare=rare)


def _plain_csv(table: pd.DataFrame) -> bytes:
    """For scripts, not spreadsheets: every number at full precision, nothing changed."""
    return table.to_csv(index=False, lineterminator="\n", na_rep="").encode("utf-8")


def _readme_name(language: str) -> str:
    return "README.md" if language == "en" else f"README.{language}.md"


def _readme(contents: _Contents, language: str) -> bytes:
    text = say(
        "exports.bundle.readme",
        language,
        title=pick(contents.title, language),
        rows=len(contents.extract.rows),
        effects=len(contents.effects),
        averages=len(contents.averages),
        software=software(),
        packages=", ".join(R_PACKAGES),
        r_packages=json.dumps(list(R_PACKAGES))[1:-1],
    )
    return (text.strip() + "\n").encode("utf-8")
