"""A workspace: made, found, read, and refused with a sentence that helps."""

import stat

import pytest

from dashboard.settings import init_workspace, load_workspace
from surveys.problems import CannotProceed


VARIABLES = ("WORKSPACE", "DATABASE_URL", "DATABASE_URL_FILE", "KEYS", "TITLE", "LANGUAGES")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(f"AWARENESS_{name}", raising=False)


def written(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "workspace.toml").write_text(text, "utf-8")
    return folder


def test_a_new_workspace_has_its_folders_settings_and_keys(tmp_path):
    workspace = init_workspace(tmp_path / "new" / "pilot", title='Safe "Journeys" 안전한 이주 \\ 2026')
    names = {path.name for path in workspace.folder.iterdir()}
    assert names == {
        "workspace.toml", "campaigns", "instruments", "columns", "editions", "keys", ".gitignore",
    }  # fmt: skip
    assert workspace.title == 'Safe "Journeys" 안전한 이주 \\ 2026'
    assert workspace.languages == ("ko", "en")
    assert workspace.database_url == f"sqlite:///{workspace.folder / 'catalogue.db'}"
    assert (workspace.thresholds.respondents, workspace.thresholds.clusters) == (10, 3)
    for private in ("keys", "columns"):
        assert stat.S_IMODE((workspace.folder / private).stat().st_mode) == 0o700
    assert stat.S_IMODE((workspace.folder / "keys/uploads.key").stat().st_mode) == 0o600


def test_making_it_again_changes_nothing(tmp_path):
    init_workspace(tmp_path / "w", title="first")
    key = (tmp_path / "w/keys/uploads.key").read_bytes()
    (tmp_path / "w/campaigns/a.yaml").write_text("campaign: a")
    (tmp_path / "w/columns").rmdir()
    assert init_workspace(tmp_path / "w", title="second").title == "first"
    assert (tmp_path / "w/keys/uploads.key").read_bytes() == key
    assert (tmp_path / "w/campaigns/a.yaml").is_file()
    assert (tmp_path / "w/columns").is_dir()


def test_a_folder_with_other_things_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_bytes(b"x")
    with pytest.raises(CannotProceed, match=r"already holds other things \(thesis\.docx\)"):
        init_workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    with pytest.raises(CannotProceed, match="a file, not a folder"):
        init_workspace(tmp_path / "thesis.docx")


def test_a_folder_with_hidden_things_only_is_free(tmp_path):
    (tmp_path / ".git").mkdir()
    assert init_workspace(tmp_path).title == tmp_path.name


def test_the_workspace_is_the_one_named_or_else_the_environments(tmp_path, monkeypatch):
    for name in ("one", "two"):
        init_workspace(tmp_path / name)
    monkeypatch.setenv("AWARENESS_WORKSPACE", str(tmp_path / "one"))
    assert load_workspace().title == "one"
    assert load_workspace(tmp_path / "two").title == "two"
    monkeypatch.delenv("AWARENESS_WORKSPACE")
    with pytest.raises(CannotProceed, match=r"no workspace is named.*AWARENESS_WORKSPACE"):
        load_workspace()


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path):
    with pytest.raises(CannotProceed, match=r"holds no workspace\.toml.*awareness init"):
        load_workspace(tmp_path)


def test_what_is_not_written_has_its_default(tmp_path):
    workspace = load_workspace(written(tmp_path / "w", ""))
    assert (workspace.title, workspace.engine, workspace.thresholds.round_to) == ("w", "duckdb", 5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("titel = 'x'", r'workspace\.toml, titel: there is no setting "titel".*Did you mean "title"\?'),
        ("[thresholds]\nrespondent = 9", r'"thresholds\.respondent".*Did you mean "respondents"\?'),
        ("[thresholds]\nclusters = 0", r"thresholds\.clusters: 0 is no whole number above 0"),
        ("[thresholds]\nclusters = true", "True is no whole number"),
        ("[thresholds]\nclusters = '3'", "'3' is no whole number"),
        ("thresholds = 3", "is no section"),
        ("title = 3", "3 is no text"),
        ("title = ''", "is no text"),
        ("languages = 'ko'", "no list of language codes"),
        ("languages = []", "no list of language codes"),
        ("languages = ['kr']", r'the language "kr" is not there'),
        ("engine = 'duck'", r'"duck" is no engine.*Did you mean "duckdb"\?'),
        ("database = 'catalogue.db'", "no address of a database"),
        ("title = ", "not TOML"),
    ],
)
def test_a_wrong_setting_is_told_with_its_file_and_key(tmp_path, text, told):
    with pytest.raises(CannotProceed, match=told) as refusal:
        load_workspace(written(tmp_path / "w", text))
    assert "workspace.toml" in refusal.value.where


def test_the_environment_outranks_the_file(tmp_path, monkeypatch):
    folder = written(tmp_path / "w", 'title = "file"\ndatabase = "sqlite:///other.db"')
    assert load_workspace(folder).database_url == f"sqlite:///{folder / 'other.db'}"
    monkeypatch.setenv("AWARENESS_DATABASE_URL", "postgresql://u:pw@host/db")
    monkeypatch.setenv("AWARENESS_TITLE", "environment")
    monkeypatch.setenv("AWARENESS_LANGUAGES", "en")
    monkeypatch.setenv("AWARENESS_KEYS", str(tmp_path / "safe"))
    workspace = load_workspace(folder)
    assert workspace.database_url == "postgresql://u:pw@host/db"
    assert (workspace.title, workspace.languages) == ("environment", ("en",))
    assert workspace.keys.folder == tmp_path / "safe"
    assert "pw" not in repr(workspace)


def test_a_secret_may_lie_in_a_file(tmp_path, monkeypatch):
    folder = written(tmp_path / "w", "")
    (tmp_path / "secret").write_text("postgresql://u:pw@host/db\n")
    monkeypatch.setenv("AWARENESS_DATABASE_URL_FILE", str(tmp_path / "secret"))
    assert load_workspace(folder).database_url == "postgresql://u:pw@host/db"
    monkeypatch.setenv("AWARENESS_DATABASE_URL", "sqlite:///x.db")
    with pytest.raises(CannotProceed, match="both set"):
        load_workspace(folder)
    monkeypatch.delenv("AWARENESS_DATABASE_URL")
    monkeypatch.setenv("AWARENESS_DATABASE_URL_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(CannotProceed, match="cannot be read"):
        load_workspace(folder)


def test_an_absolute_database_stays_where_it_is(tmp_path):
    folder = written(tmp_path / "w", f'database = "sqlite:///{tmp_path}/elsewhere.db"')
    assert load_workspace(folder).database_url == f"sqlite:///{tmp_path}/elsewhere.db"


def test_an_unknown_campaign_or_questionnaire_names_those_there_are(tmp_path):
    workspace = init_workspace(tmp_path / "w")
    with pytest.raises(CannotProceed, match="Put a campaign file there first"):
        workspace.campaign_file("pilot")
    (workspace.campaigns / "pilot-2026.yaml").touch()
    (workspace.instruments / "kap-core.xlsx").touch()
    with pytest.raises(CannotProceed, match=r'Use one of: pilot-2026\. Did you mean "pilot-2026"\?'):
        workspace.campaign_file("pilot-2025")
    assert workspace.campaign_file("pilot-2026").is_file()
    with pytest.raises(CannotProceed, match=r'no questionnaire "kap".*kap-core'):
        workspace.instrument_file("kap")
    assert workspace.instrument_file("kap-core").name == "kap-core.xlsx"
