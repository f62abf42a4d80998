"""Where, when and in which arm each interview took place, in the campaign's own ids."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.fieldwork import FieldSite, FieldWave, Fieldwork, Part
from surveys.instrument import Choice, Instrument
from surveys.judging.answers import Answers
from surveys.judging.findings import Finding
from surveys.judging.quantities import read_day
from surveys.problems import FileRefused, Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placement:
    """Site, wave, arm and day of each row, null where the campaign has no such part."""

    site: pa.Array
    wave: pa.Array
    arm: pa.Array
    interview_date: pa.Array
    findings: tuple[Finding, ...]


def place_interviews(
    answers: Mapping[str, Answers],
    instrument: Instrument,
    fieldwork: Fieldwork | None,
    *,
    rows: int,
    today: date,
) -> Placement:
    """Site, wave and arm of every interview.

    Raises
    ------
    FileRefused
        Nothing in the file says which site or wave its interviews belong to.
    """
    days, findings = _days(answers, instrument, fieldwork, rows, today)
    if fieldwork is None:
        nothing = pa.nulls(rows, pa.large_string())
        return Placement(
            site=nothing, wave=nothing, arm=nothing, interview_date=days, findings=tuple(findings)
        )
    placing = _Placing(answers, instrument, fieldwork, rows)
    site, wave, arm = placing.sites(), placing.waves(days), placing.arms()
    return Placement(
        site=site,
        wave=wave,
        arm=arm,
        interview_date=days,
        findings=(*findings, *placing.findings, *_outside_windows(days, wave, fieldwork.waves)),
    )


def arms_of(
    column: Answers, instrument: Instrument, fieldwork: Fieldwork
) -> tuple[pa.Array, tuple[Finding, ...]]:
    """The campaign's own arms behind the values of the column that says them, and what is wrong with it."""
    placing = _Placing({column.name: column}, instrument, fieldwork, len(column.values))
    return placing.arms(), tuple(placing.findings)


class _Placing:
    def __init__(
        self, answers: Mapping[str, Answers], instrument: Instrument, fieldwork: Fieldwork, rows: int
    ) -> None:
        self._answers, self._instrument, self._fieldwork, self._rows = answers, instrument, fieldwork, rows
        self.findings: list[Finding] = []

    def sites(self) -> pa.Array:
        named, country, site = self._fieldwork.site, self._part("country"), self._part("site")
        if named is not None:
            self._only_this_site(self._site(named), country, site)
            return self._everywhere(named)
        if site is not None:
            return self._by_site_column(site, country)
        if country is not None:
            return self._by_country(country)
        if len(self._fieldwork.sites) == 1:
            return self._everywhere(self._fieldwork.sites[0].id)
        raise self._cannot_tell("site_not_determined", [one.id for one in self._fieldwork.sites])

    def waves(self, days: pa.Array) -> pa.Array:
        column, named = self._part("wave"), self._fieldwork.wave
        if column is not None:
            meant = _meanings(
                {wave.id: self._fieldwork.wave_values.get(wave.id, ()) for wave in self._fieldwork.waves}
            )
            told = self._told(
                column, lambda text: self._meant(meant, text, self._fieldwork.parts.get("wave"))
            )
            known = ", ".join(wave.id for wave in self._fieldwork.waves)
            self._refuse(column, told, "unknown_wave", lambda place: place is None, waves=known)
            if named is None:
                return self._filled_by_day(told.values, days, column)
            self._refuse(
                column, told, "wrong_wave", lambda place: place is not None and place != named, wave=named
            )
            return self._everywhere(named)
        if named is not None:
            return self._everywhere(named)
        if len(self._fieldwork.waves) == 1:
            return self._everywhere(self._fieldwork.waves[0].id)
        if days.null_count == self._rows or not any(w.opens or w.closes for w in self._fieldwork.waves):
            raise self._cannot_tell("wave_not_determined", [wave.id for wave in self._fieldwork.waves])
        return self._filled_by_day(pa.nulls(self._rows, pa.large_string()), days, None)

    def arms(self) -> pa.Array:
        column, name = self._part("arm"), self._fieldwork.parts.get("arm")
        if column is None or name is None:
            return pa.nulls(self._rows, pa.large_string())
        if not self._fieldwork.arm_values:
            return column.values
        meant = _meanings(self._fieldwork.arm_values)
        told = self._told(column, lambda text: self._meant(meant, text, name))
        known = _in_words(self._fieldwork.arm_values)
        self._refuse(column, told, "unknown_arm", lambda place: place is None, arms=known)
        self._refuse_blank(column, "blank_arm", arms=known)
        return told.values

    def _only_this_site(self, site: FieldSite, country: Answers | None, column: Answers | None) -> None:
        if country is not None:
            told = self._told(country, lambda text: self._country(text))
            self._refuse(
                country, told, "wrong_country", lambda place: place != site.country, country=site.country
            )
        if column is not None:
            told = self._told(column, self._site_id)
            self._refuse(column, told, "wrong_site", lambda place: place != site.id, site=site.id)

    def _by_site_column(self, column: Answers, country: Answers | None) -> pa.Array:
        told = self._told(column, self._site_id)
        known = ", ".join(one.id for one in self._fieldwork.sites)
        self._refuse(column, told, "unknown_site", lambda place: place is None, sites=known)
        self._refuse_blank(column, "unknown_site", sites=known)
        if country is not None:
            self._agreeing_countries(told.values, country)
        return told.values

    def _agreeing_countries(self, sites: pa.Array, country: Answers) -> None:
        told = self._told(country, self._country)
        countries = {one.id: one.country for one in self._fieldwork.sites}
        for site_id, expected in countries.items():
            there = _where(pc.equal(sites, site_id))
            elsewhere = there & _where(pc.invert(pc.fill_null(pc.equal(told.values, expected), False)))
            elsewhere &= _where(country.values.is_valid())
            if elsewhere.any():
                rows = np.flatnonzero(elsewhere)
                self._add("wrong_country", rows, country.header, None, country=expected)

    def _by_country(self, country: Answers) -> pa.Array:
        told = self._told(country, self._country)
        known = sorted({one.country for one in self._fieldwork.sites})
        self._refuse(
            country, told, "wrong_country", lambda place: place not in known, country=", ".join(known)
        )
        self._refuse_blank(country, "wrong_country", country=", ".join(known))
        by_country: dict[str, list[str]] = {}
        for one in self._fieldwork.sites:
            by_country.setdefault(one.country, []).append(one.id)
        present = [code for code in pc.unique(told.values).to_pylist() if code in by_country]
        for code in present:
            if len(by_country[code]) > 1:
                raise self._cannot_tell("several_sites_in_country", by_country[code], country=code)
        return _mapped(told.values, {code: sites[0] for code, sites in by_country.items()})

    def _filled_by_day(self, waves: pa.Array, days: pa.Array, column: Answers | None) -> pa.Array:
        """The wave whose window holds the day, where the file itself names none."""
        lacking = _where(waves.is_null())
        refused = np.zeros(self._rows, dtype=bool)
        for finding in self.findings:
            refused[finding.rows] = True
        lacking &= ~refused
        if not lacking.any():
            return waves
        by_day = _mapped(days, {day: _open_wave(day, self._fieldwork.waves) for day in _distinct(days)})
        filled = pc.if_else(pa.array(lacking), by_day, waves)
        rows = np.flatnonzero(lacking & _where(filled.is_null()))
        if rows.size:
            names = ", ".join(wave.id for wave in self._fieldwork.waves)
            self._add("wave_of_row_unknown", rows, column.header if column else None, None, waves=names)
        return filled

    def _part(self, part: Part) -> Answers | None:
        return self._answers.get(self._fieldwork.parts.get(part, ""))

    def _site(self, site_id: str) -> FieldSite:
        return next(one for one in self._fieldwork.sites if one.id == site_id)

    def _site_id(self, text: str) -> str | None:
        key = _plain(text)
        return next((one.id for one in self._fieldwork.sites if _plain(one.id) == key), None)

    def _country(self, text: str) -> str | None:
        spoken = {_plain(word) for word in (text, *self._labels("country", text))}
        for one in self._fieldwork.sites:
            if spoken & {_plain(word) for word in (one.country, *one.country_names)}:
                return one.country
        return text

    def _meant(self, meant: Mapping[str, str], text: str, question: str | None) -> str | None:
        found = meant.get(_plain(text))
        if found is not None or question is None:
            return found
        labels = (meant.get(_plain(label)) for label in self._labels_of(question, text))
        return next((one for one in labels if one is not None), None)

    def _labels(self, part: Part, code: str) -> Sequence[str]:
        return self._labels_of(self._fieldwork.parts.get(part, ""), code)

    def _labels_of(self, name: str, code: str) -> Sequence[str]:
        question = self._instrument.question(name)
        if question is None:
            return ()
        choices: Sequence[Choice] = self._instrument.choices.get(question.choice_list or "", ())
        return [label for choice in choices if choice.name == code for label in choice.labels.values()]

    def _told(self, column: Answers, meaning: Callable[[str], str | None]) -> "_Told":
        encoded = column.values.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        meant = [meaning(text) for text in texts]
        values = pa.array([*meant, None], pa.large_string()).take(pa.array(places % (len(texts) + 1)))
        return _Told(texts=texts, places=places, meant=meant, values=values)

    def _refuse(
        self,
        column: Answers,
        told: "_Told",
        code: str,
        is_wrong: Callable[[str | None], bool],
        **values: object,
    ) -> None:
        for place, meant in enumerate(told.meant):
            if is_wrong(meant):
                rows = np.flatnonzero(told.places == place)
                self._add(code, rows, column.header, told.texts[place], **values)

    def _refuse_blank(self, column: Answers, code: str, **values: object) -> None:
        blank = _where(column.values.is_null())
        for finding in column.findings:
            blank[finding.rows] = False
        if blank.any():
            self._add(code, np.flatnonzero(blank), column.header, None, **values)

    def _add(
        self, code: str, rows: np.ndarray, header: str | None, cell: str | None, **values: object
    ) -> None:
        self.findings.append(Finding(code=code, rows=rows, header=header, cell=cell, values=values))

    def _everywhere(self, text: str) -> pa.Array:
        return pa.repeat(pa.scalar(text, pa.large_string()), self._rows)

    def _cannot_tell(self, code: str, ids: Sequence[str], **values: object) -> FileRefused:
        return FileRefused(Problem(code=code, values={**values, "ids": ", ".join(ids)}))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Told:
    """A column's distinct texts and what each of them means to the campaign."""

    texts: list[str]
    places: np.ndarray
    meant: list[str | None]
    values: pa.Array


def _days(
    answers: Mapping[str, Answers],
    instrument: Instrument,
    fieldwork: Fieldwork | None,
    rows: int,
    today: date,
) -> tuple[pa.Array, list[Finding]]:
    """The day of each interview, and the days that have not come yet."""
    column = _day_column(answers, instrument, fieldwork)
    if column is None:
        return pa.nulls(rows, pa.large_string()), []
    read = {text: read_day(text) for text in _distinct(column.values)}
    days = _mapped(column.values, {text: one.text or None for text, one in read.items()})
    findings = []
    for text, one in read.items():
        if one.fault is None and one.text <= today.isoformat():
            continue
        code = "date_in_future" if one.fault is None else one.fault
        there = np.flatnonzero(_where(pc.fill_null(pc.equal(column.values, text), False)))
        values = {"today": today.isoformat()}
        findings.append(Finding(code=code, rows=there, header=column.header, cell=text, values=values))
    return days, findings


def _day_column(
    answers: Mapping[str, Answers], instrument: Instrument, fieldwork: Fieldwork | None
) -> Answers | None:
    named = answers.get(fieldwork.parts.get("interview_date", "")) if fieldwork is not None else None
    if named is not None:
        return named
    for kind in ("today", "start"):
        for question in instrument.questions:
            if question.type == kind and question.repeat is None and question.name in answers:
                return answers[question.name]
    return None


def _outside_windows(days: pa.Array, wave_ids: pa.Array, waves: Sequence[FieldWave]) -> list[Finding]:
    """Interviews held before their wave opened or after it closed: kept, with a warning."""
    findings = []
    for wave in waves:
        there = _where(pc.fill_null(pc.equal(wave_ids, wave.id), False)) & _where(days.is_valid())
        for edge, code, before in (
            (wave.opens, "before_wave_opens", True),
            (wave.closes, "after_wave_closes", False),
        ):
            if edge is None:
                continue
            compare = pc.less if before else pc.greater
            beyond = there & _where(pc.fill_null(compare(days, edge.isoformat()), False))
            if beyond.any():
                values = {"wave": wave.id, "day": edge.isoformat()}
                findings.append(Finding(code=code, rows=np.flatnonzero(beyond), effect="warn", values=values))
    return findings


def _open_wave(day: str, waves: Sequence[FieldWave]) -> str | None:
    """The one wave whose window holds the day."""
    held = [
        wave.id
        for wave in waves
        if (wave.opens is not None or wave.closes is not None)
        and (wave.opens is None or wave.opens.isoformat() <= day)
        and (wave.closes is None or day <= wave.closes.isoformat())
    ]
    return held[0] if len(held) == 1 else None


def _meanings(values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Every text that means one of the campaign's ids; the id itself always does."""
    spoken = {_plain(text): one for one, texts in values.items() for text in texts}
    return {**spoken, **{_plain(one): one for one in values if _plain(one) not in spoken}}


def _in_words(values: Mapping[str, Sequence[str]]) -> str:
    """What may stand in the cells: the first value that means each id."""
    return ", ".join(texts[0] if texts else one for one, texts in values.items())


def _plain(text: object) -> str:
    """Text compared without case; a whole number however it is written."""
    folded = " ".join(str(text).split()).casefold()
    try:
        number = float(folded)
    except ValueError:
        return folded
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else folded


def _mapped(values: pa.Array, meanings: Mapping[str, str | None]) -> pa.Array:
    encoded = values.dictionary_encode()
    meant = [meanings.get(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(meant, pa.large_string()).take(encoded.indices)


def _distinct(values: pa.Array) -> list[str]:
    return [text for text in pc.unique(values).to_pylist() if text is not None]


def _where(mask: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=bool).copy()
