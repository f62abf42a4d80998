"""A workspace: the folder of one deployment, what its ``workspace.toml`` says, and what the environment overrides."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from campaigns.retention import RETENTION_MONTHS
from surveys.keys import KeyRing
from surveys.languages import languages
from surveys.problems import CannotProceed


WORKSPACE_VARIABLE = "AWARENESS_WORKSPACE"
SETTINGS_FILE = "workspace.toml"
FOLDERS = ("campaigns", "instruments", "columns", "editions", "keys")
PRIVATE = frozenset({"columns", "keys"})  # answers of single persons, and what hides who they are
KNOWN_LANGUAGES = ("ko", "en")
ENGINES = ("duckdb", "spark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What may be shown on shared views. The defaults are the policy; raise them, never lower them lightly."""

    respondents: int = 10  # nothing below so many in any arm and wave
    clusters: int = 3  # nor below so many clusters
    round_to: int = 5  # counts are rounded to multiples of this
    weak_respondents: int = 30  # below: shown, but marked weak
    weak_clusters: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where everything of one deployment lies, and how it is set up."""

    folder: Path
    title: str
    languages: tuple[str, ...] = KNOWN_LANGUAGES  # the first is what a new reader sees
    database_url: str = field(repr=False)  # may hold a password
    thresholds: Thresholds = field(default_factory=Thresholds)
    engine: str = "duckdb"
    keys_folder: Path | None = None  # None: keys/ of the workspace
    retention_months: int = RETENTION_MONTHS  # how long originals are kept after the last wave

    @property
    def campaigns(self) -> Path:
        """Folder of the campaign files."""
        return self.folder / "campaigns"

    @property
    def instruments(self) -> Path:
        """Folder of the questionnaires."""
        return self.folder / "instruments"

    @property
    def columns(self) -> Path:
        """Folder of the derived columns."""
        return self.folder / "columns"

    @property
    def arriving(self) -> Path:
        """Folder of files that are still being sent, or judged; it can be removed while nothing is served."""
        return self.folder / "arriving"

    @property
    def editions(self) -> Path:
        """Folder of the frozen evaluations."""
        return self.folder / "editions"

    @property
    def keys(self) -> KeyRing:
        """The key ring."""
        return KeyRing(self.keys_folder or self.folder / "keys")

    def campaign_ids(self) -> tuple[str, ...]:
        """Ids of the campaigns there are, in order."""
        return tuple(sorted(path.stem for path in self.campaigns.glob("*.yaml")))

    def campaign_file(self, campaign: str) -> Path:
        """The file of a campaign.

        Raises
        ------
        CannotProceed
            There is no such campaign; the message names those there are.
        """
        if campaign in self.campaign_ids():
            return self.campaigns / f"{campaign}.yaml"
        raise CannotProceed(
            str(self.campaigns),
            f'there is no campaign "{campaign}".',
            choose(campaign, self.campaign_ids(), none="Put a campaign file there first."),
        )

    def instrument_file(self, instrument: str) -> Path:
        """The questionnaire of that name.

        Raises
        ------
        CannotProceed
            There is no such questionnaire; the message names those there are.
        """
        names = tuple(sorted(path.stem for path in self.instruments.glob("*.xls*")))
        for ending in (".xlsx", ".xls"):
            if instrument in names and (self.instruments / f"{instrument}{ending}").is_file():
                return self.instruments / f"{instrument}{ending}"
        raise CannotProceed(
            str(self.instruments),
            f'there is no questionnaire "{instrument}".',
            choose(instrument, names, none=f"Put {instrument}.xlsx, an XLSForm, there first."),
        )


def load_workspace(folder: Path | None = None) -> Workspace:
    """The workspace in ``folder``, or else in the folder that ``AWARENESS_WORKSPACE`` names.

    Raises
    ------
    CannotProceed
        No folder is named, it is no workspace, or its settings are wrong.
    """
    named = folder if folder is not None else os.environ.get(WORKSPACE_VARIABLE)
    if not named:
        raise CannotProceed(
            "workspace",
            "no workspace is named.",
            f"Add --workspace FOLDER, or set {WORKSPACE_VARIABLE}. A new one is made by: awareness init FOLDER",
        )
    place = Path(named).expanduser().resolve()
    file = place / SETTINGS_FILE
    if not file.is_file():
        raise CannotProceed(
            str(place),
            f"this folder holds no {SETTINGS_FILE}.",
            f"Make a workspace of it: awareness init {place}",
        )
    return _settings(place, _read(file), str(file))


def init_workspace(folder: Path, title: str | None = None) -> Workspace:
    """A workspace in ``folder``, made where it is not one yet; one that is there is left as it is.

    Raises
    ------
    CannotProceed
        The folder holds other things, or cannot be written.
    """
    place = Path(folder).expanduser().resolve()
    file = place / SETTINGS_FILE
    try:
        if not file.is_file():
            _must_be_free(place)
            place.mkdir(parents=True, exist_ok=True)
            file.write_text(_new_settings(title or place.name), "utf-8")
        furnish(place)
    except OSError as error:
        raise CannotProceed(
            str(place),
            f"a workspace cannot be made here ({error.strerror}).",
            "Choose a folder that you may write in.",
        ) from None
    workspace = load_workspace(place)
    workspace.keys.make_files_key()
    return workspace


def furnish(place: Path) -> None:
    """Make the folders that a workspace has."""
    for name in FOLDERS:
        (place / name).mkdir(mode=0o700 if name in PRIVATE else 0o755, exist_ok=True)
    ignored = place / ".gitignore"
    if not ignored.exists():
        ignored.write_text("arriving/\ncatalogue.db*\ncertificates/\ncolumns/\neditions/\nkeys/\n", "utf-8")


def choose(wanted: str, known: tuple[str, ...], *, none: str) -> str:
    """What to do about a name that is not known: the nearest, and all there are."""
    if not known:
        return none
    near = difflib.get_close_matches(wanted, known, n=1)
    question = f' Did you mean "{near[0]}"?' if near else ""
    return f"Use one of: {', '.join(known)}.{question}"


def _must_be_free(place: Path) -> None:
    if place.exists() and not place.is_dir():
        raise CannotProceed(str(place), "this is a file, not a folder.", "Name a folder for the workspace.")
    others = sorted(path.name for path in place.iterdir() if path.name[0] != ".") if place.exists() else []
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        raise CannotProceed(
            str(place),
            f"this folder already holds other things ({', '.join(others[:3])}{more}) and is no workspace.",
            "Name a new or an empty folder.",
        )


def _new_settings(title: str) -> str:
    quoted = title.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'''# Settings of this workspace. What is not written here has its default.
title = "{quoted}"
languages = ["ko", "en"]             # the first is what a new reader sees
database = "sqlite:///catalogue.db"  # beside this file; or postgresql://user@host/name
retention_months = {RETENTION_MONTHS}                # originals are destroyed so long after a campaign's last wave

[thresholds]                         # what may be shown on shared views
respondents = 10                     # nothing below so many in any arm and wave
clusters = 3
round_to = 5                         # counts are rounded to multiples of this
weak_respondents = 30                # below: shown, but marked weak
weak_clusters = 6
'''


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotProceed(
            str(file),
            f"this is not TOML as it should be: {error}.",
            'Write one setting a line, such as: title = "Safe Journeys"',
        ) from None


def _settings(folder: Path, settings: Mapping[str, object], where: str) -> Workspace:
    _only_known(
        settings, ("title", "languages", "database", "engine", "retention_months", "thresholds"), where, ""
    )
    title = _text(settings, "title", where, default=folder.name)
    engine = _text(settings, "engine", where, default="duckdb")
    if engine not in ENGINES:
        raise CannotProceed(f"{where}, engine", f'"{engine}" is no engine.', choose(engine, ENGINES, none=""))
    written = secret("AWARENESS_DATABASE_URL") or _text(
        settings, "database", where, default="sqlite:///catalogue.db"
    )
    keys = os.environ.get("AWARENESS_KEYS")
    return Workspace(
        folder=folder,
        title=os.environ.get("AWARENESS_TITLE") or title,
        languages=_languages(settings, where),
        database_url=_resolved(written, folder, where),
        thresholds=_thresholds(settings.get("thresholds", {}), where),
        engine=engine,
        keys_folder=Path(keys).expanduser().resolve() if keys else None,
        retention_months=_months(settings, where),
    )


def secret(variable: str) -> str | None:
    """The variable, or the content of the file that ``<variable>_FILE`` names."""
    file = os.environ.get(f"{variable}_FILE")
    if os.environ.get(variable) and file:
        raise CannotProceed(
            variable, f"{variable} and {variable}_FILE are both set.", "Keep one of the two variables."
        )
    if not file:
        return os.environ.get(variable) or None
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise CannotProceed(
            f"{variable}_FILE",
            f"{file} cannot be read ({reason}).",
            "Name a file that the platform's user can read.",
        ) from None


def _resolved(url: str, folder: Path, where: str) -> str:
    """The database's address; a SQLite file that is named relatively lies in the workspace."""
    from sqlalchemy.engine import make_url  # a fifth of a second that verbs without a record need not wait
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise CannotProceed(
            f"{where}, database",
            "this is no address of a database.",
            "Write sqlite:///catalogue.db, or postgresql://user@host/name.",
        ) from None
    if parsed.get_backend_name() == "sqlite":
        file = folder / (parsed.database or "catalogue.db")
        parsed = parsed.set(database=str(file))
    return parsed.render_as_string(hide_password=False)


def _languages(settings: Mapping[str, object], where: str) -> tuple[str, ...]:
    named = os.environ.get("AWARENESS_LANGUAGES")
    found = named.split(",") if named else settings.get("languages", list(KNOWN_LANGUAGES))
    if not isinstance(found, list) or not found or not all(isinstance(code, str) for code in found):
        raise CannotProceed(
            f"{where}, languages", "this is no list of language codes.", 'Write: languages = ["ko", "en"]'
        )
    codes = tuple(code.strip() for code in found)
    for code in codes:
        if code not in languages():
            raise CannotProceed(
                f"{where}, languages",
                f'the language "{code}" is not there.',
                choose(code, languages(), none=""),
            )
    return codes


def _months(settings: Mapping[str, object], where: str) -> int:
    months = settings.get("retention_months", RETENTION_MONTHS)
    if isinstance(months, bool) or not isinstance(months, int) or months < 1:
        raise CannotProceed(
            f"{where}, retention_months",
            f"{months!r} is no whole number of months above 0.",
            f"Write for example: retention_months = {RETENTION_MONTHS}",
        )
    return months


def _thresholds(written: object, where: str) -> Thresholds:
    if not isinstance(written, dict):
        raise CannotProceed(
            f"{where}, thresholds", "this is no section.", "Write [thresholds] and its settings below it."
        )
    names = tuple(item.name for item in fields(Thresholds))
    _only_known(written, names, where, "thresholds.")
    for name, value in written.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise CannotProceed(
                f"{where}, thresholds.{name}",
                f"{value!r} is no whole number above 0.",
                f"Write for example: {name} = {getattr(Thresholds(), name)}",
            )
    return Thresholds(**written)


def _text(settings: Mapping[str, object], name: str, where: str, *, default: str) -> str:
    value = settings.get(name, default)
    if not isinstance(value, str) or not value.strip():
        raise CannotProceed(f"{where}, {name}", f"{value!r} is no text.", f'Write: {name} = "{default}"')
    return value.strip()


def _only_known(settings: Mapping[str, object], known: tuple[str, ...], where: str, above: str) -> None:
    for name in settings:
        if name not in known:
            raise CannotProceed(
                f"{where}, {above}{name}",
                f'there is no setting "{above}{name}".',
                choose(name, known, none=""),
            )
