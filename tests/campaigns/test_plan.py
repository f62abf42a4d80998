"""A plan is read as its author meant it, or refused with file, key and remedy."""

from pathlib import Path

import pytest

from campaigns.plan import Plan, load_plan
from surveys.problems import CannotProceed


COLUMNS = (
    'wave: {column: period, before: "0", after: "1"}, arm: {column: treat, campaign: "1", comparison: "0"}'
)


def plan(
    folder: Path,
    *,
    columns: str = COLUMNS,
    analysis: str = "design: difference_in_differences",
    outcomes: str = "[{id: y, column: y}]",
    more: str = "",
) -> Plan:
    file = folder / "plan.yaml"
    file.write_text(
        f"outcomes: {outcomes}\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n{more}", "utf-8"
    )
    return load_plan(file)


def refusal(folder: Path, **options: str) -> CannotProceed:
    with pytest.raises(CannotProceed) as stop:
        plan(folder, **options)
    assert "plan.yaml" in stop.value.where
    assert stop.value.remedy
    return stop.value


def test_numbers_and_quoted_numbers_mean_the_same_value(tmp_path: Path) -> None:
    loose = plan(
        tmp_path,
        columns="wave: {column: t, before: [2000, 2001.0], after: 2002}, arm: {column: g, campaign: yes, comparison: no}",
    )
    assert loose.wave is not None
    assert loose.wave.before == ("2000", "2001")
    assert loose.arm is not None
    assert (loose.arm.campaign, loose.arm.comparison) == (("yes",), ("no",))


def test_standard_errors_follow_the_clusters_where_none_are_named(tmp_path: Path) -> None:
    assert plan(tmp_path).inference.standard_errors == "HC2"
    assert plan(tmp_path, columns=f"{COLUMNS}, cluster: village").inference.standard_errors == "CR2"
    by_person = plan(tmp_path, columns=f"{COLUMNS}, respondent: id")
    assert by_person.inference.standard_errors == "CR2"
    assert by_person.clusters_are_respondents
    two = plan(tmp_path, columns=f"{COLUMNS}, cluster: [village, month]")
    assert (two.inference.standard_errors, two.cluster) == ("CR1S", ("village", "month"))
    ordered = plan(tmp_path, analysis="design: difference_in_differences, model: ordered_logit")
    assert ordered.inference.standard_errors == "HC1"


def test_covariates_may_be_numbers_or_categories(tmp_path: Path) -> None:
    found = plan(
        tmp_path, analysis="design: difference_in_differences, covariates: [age, {categorical: district}]"
    )
    assert (found.covariates, found.categorical) == (("age",), ("district",))


def test_margins_are_for_a_family_an_outcome_or_all(tmp_path: Path) -> None:
    two = "[{id: a, column: a, family: know}, {id: b, column: b}]"
    base = "design: difference_in_differences"
    assert plan(tmp_path, outcomes=two, analysis=f"{base}, margin: 0.1").margins == {"a": 0.1, "b": 0.1}
    assert plan(tmp_path, outcomes=two, analysis=f"{base}, margin: {{know: 0.1}}").margins == {"a": 0.1}
    assert "no family" in refusal(tmp_path, outcomes=two, analysis=f"{base}, margin: {{knw: 0.1}}").what


def test_an_unknown_key_is_refused_with_a_guess(tmp_path: Path) -> None:
    stop = refusal(tmp_path, columns=f"{COLUMNS}, clustr: village")
    assert stop.where.endswith("columns.clustr")
    assert 'Did you mean "cluster"?' in stop.remedy
    assert "standard_errors" in refusal(tmp_path, analysis="design: pre_post, standard_error: CR2").remedy


@pytest.mark.parametrize(
    ("options", "where", "what"),
    [
        ({"columns": "cluster: v"}, "columns.wave", "absent"),
        ({"columns": 'wave: {column: t, before: "0", after: "1"}'}, "columns.arm", "absent"),
        ({"columns": "wave: {column: t, before: 0, after: 0}"}, "columns.wave", "both sides"),
        ({"columns": "wave: {column: t, after: 1}"}, "columns.wave.before", "before"),
        ({"columns": "arm: treat", "analysis": "design: randomised"}, "columns.arm", "values"),
        ({"analysis": "design: difference_in_difference"}, "analysis.design", "possible"),
        ({"analysis": "design: staggered"}, "columns.period", "absent"),
        ({"analysis": "design: difference_in_differences, standard_errors: CR9"}, "analysis.standard_errors", "possible"),
        ({"analysis": "design: difference_in_differences, standard_errors: CR2"}, "columns.cluster", "absent"),
        ({"analysis": "design: difference_in_differences, p_value: randomisation"}, "columns.cluster", "assigned"),
        ({"analysis": "design: pre_post, p_value: randomisation"}, "analysis.p_value", "compares no arms"),
        ({"analysis": "design: difference_in_differences, p_value: wild_cluster_bootstrap"}, "columns.cluster", "absent"),
        ({"columns": f"{COLUMNS}, cluster: v", "analysis": "design: difference_in_differences, model: logit, p_value: wild_cluster_bootstrap"},
         "analysis.p_value", "linear model"),
        ({"columns": f"{COLUMNS}, cluster: v", "analysis": "design: pre_post, standard_errors: linearised, p_value: wild_cluster_bootstrap"},
         "analysis.p_value", "strata"),
        ({"columns": f"{COLUMNS}, cluster: v", "analysis": "design: pre_post, standard_errors: CR2, model: ordered_logit"},
         "analysis.standard_errors", "leverage"),
        ({"columns": f"{COLUMNS}, baseline: b", "analysis": "design: paired_pre_post, model: logit"}, "analysis.model", "difference"),
        ({"analysis": "design: pre_post, draws: 20"}, "analysis.draws", "bounds"),
        ({"analysis": "design: difference_in_differences, confidence: 95"}, "analysis.confidence", "bounds"),
        ({"columns": f"{COLUMNS}, cluster: [a, b, c]"}, "columns.cluster", "two ways"),
        ({"columns": f"{COLUMNS}, cluster: [a, b]", "analysis": "design: pre_post, standard_errors: CR2"},
         "analysis.standard_errors", "do not cross"),
        ({"columns": f"{COLUMNS}, cluster: [a, b]", "analysis": "design: pre_post, p_value: wild_cluster_bootstrap"},
         "analysis.p_value", "two are named"),
        ({"analysis": "design: ancova"}, "columns.baseline", "outcome before"),
        ({"outcomes": "[]"}, "outcomes", "at least one"),
        ({"outcomes": "[{id: y}]"}, "outcomes[0].column", "either"),
        ({"outcomes": "[{id: y, column: a}, {id: y, column: b}]"}, "outcomes[1].id", "twice"),
        ({"more": "where: {sex: []}\n"}, "where.sex", "no value"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_meant_is_refused(
    tmp_path: Path, options: dict[str, str], where: str, what: str
) -> None:
    stop = refusal(tmp_path, **options)
    assert stop.where.endswith(where)
    assert what in stop.what


def test_a_file_that_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("outcomes: [\ncolumns: {", "utf-8")
    with pytest.raises(CannotProceed, match="YAML"):
        load_plan(file)


def test_missing_codes_are_read_as_in_a_campaign_file(tmp_path: Path) -> None:
    found = plan(tmp_path, more='missing_codes: {dk: dont_know, "-99": refused, 98: blank}')
    assert found.missing_codes == {"dk": "dont_know", "-99": "refused", "98": "blank"}
    stop = refusal(tmp_path, more="missing_codes: {dk: do_not_know}")
    assert stop.where.endswith("missing_codes.dk")
    assert "dont_know" in stop.remedy
