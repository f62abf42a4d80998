"""Numbers made coarser for readers, so that nothing exact is told and every conclusion drawn from them stays what it was.

Estimates are rounded, never what they are made from. Rounding keeps the side of zero on which an estimate or an end of
its interval lies, and the side of the level of significance on which a p-value lies: whatever is concluded from the
shown numbers (a headline, a verdict, an alarm) is what the exact ones say, on a screen, in a file and in print alike.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from campaigns.campaign import Unit
from campaigns.disclosure_policy import Policy
from campaigns.effects import Contrast, Counts, EffectEstimate, Note, PooledEffect


COUNTS_OF_PEOPLE = {"n", "rows", "dropped", "people", "interviews", "linked", "smallest", "found", "total"}
_WRITTEN_NUMBER = re.compile(r"([+-]?)\d+\.\d+(?:e[+-]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarser:
    """How the numbers of one evaluation are rounded."""

    policy: Policy
    confidence: float = 0.95

    # ── Single numbers ─────────────────────────────────────────────────────────────────────────────────────────

    def count(self, count: int) -> int:
        """To the nearest five."""
        step = self.policy.round_to
        return step * math.floor(count / step + 0.5)

    def count_below(self, count: int) -> int:
        """Downwards to a multiple of five, so that what is few stays few."""
        return count // self.policy.round_to * self.policy.round_to

    def number(self, value: float, unit: Unit) -> float:
        """A difference or its error: a tenth of a percentage point; of points and deviations two decimals.

        Points whose differences are small keep two significant digits.
        """
        if not math.isfinite(value) or value == 0:
            return value
        decimals = self.policy.effect_decimals if unit == "proportion" else self.policy.other_decimals
        if unit == "points":
            decimals = max(decimals, 1 - math.floor(math.log10(abs(value))))
        found = round(value, decimals)
        return found if found != 0 else math.copysign(10.0**-decimals, value)

    def level(self, value: float, unit: Unit, people: int | None = None) -> float:
        """A mean of a group; a share as a whole percentage that never says all or nobody."""
        if unit != "proportion":
            return self.number(value, unit)
        return self.share(value, people)

    def share(self, value: float, people: int | None = None) -> float:
        """A share as a whole percentage, within what may be said of nobody and of all.

        Among few people two percent is nobody, so that the share of two of them is the least that is told.
        """
        least = self.policy.smallest_share
        if people:
            people = max(self.count(people), self.policy.round_to)
            least = min(max(least, math.ceil(200 / people) / 100), 0.5)
        return min(round(1 - least, 2), max(least, round(value, 2)))

    def p_value(self, value: float) -> float:
        """Three decimals, on the same side of the level of significance, and of twice it, as the exact one."""
        smallest = 10.0**-self.policy.p_decimals
        found = max(round(value, self.policy.p_decimals), smallest)
        for level in (round(1 - self.confidence, 9), 0.1):
            if value < level <= found:
                return round(found - smallest, self.policy.p_decimals)
            if found < level <= value:
                return round(found + smallest, self.policy.p_decimals)
        return found

    # ── What is made of numbers ────────────────────────────────────────────────────────────────────────────────

    def counts(self, counts: Counts) -> Counts:
        """The counts of people rounded, those of the fewest downwards."""

        def near(count: int | None) -> int | None:
            return None if count is None else self.count(count)

        return replace(
            counts,
            n=self.count(counts.n),
            n_campaign_before=near(counts.n_campaign_before),
            n_campaign_after=near(counts.n_campaign_after),
            n_comparison_before=near(counts.n_comparison_before),
            n_comparison_after=near(counts.n_comparison_after),
            smallest_n=None if counts.smallest_n is None else self.count_below(counts.smallest_n),
            fewest_answers=None if counts.fewest_answers is None else self.count_below(counts.fewest_answers),
            dropped=self.count(counts.dropped),
            causes=self.notes(counts.causes),
        )

    def effect(self, effect: EffectEstimate, unit: Unit) -> EffectEstimate:
        """An effect with every number in it rounded."""
        mean = effect.mean_comparison_after
        return replace(
            effect,
            counts=self.counts(effect.counts),
            estimate=self.number(effect.estimate, unit),
            std_error=self.number(effect.std_error, unit),
            df=_df(effect.df),
            statistic=round(effect.statistic, 2),
            p_value=self.p_value(effect.p_value),
            p_adjusted=None if effect.p_adjusted is None else self.p_value(effect.p_adjusted),
            conf_low=self.number(effect.conf_low, unit),
            conf_high=self.number(effect.conf_high, unit),
            mean_comparison_after=None
            if mean is None
            else self.level(mean, unit, effect.counts.n_comparison_after),
            caveats=self.notes(effect.caveats, unit),
        )

    def average(self, pooled: PooledEffect, unit: Unit) -> PooledEffect:
        """An average over sites with every number in it rounded."""
        low, high = pooled.predict_low, pooled.predict_high
        return replace(
            pooled,
            estimate=self.number(pooled.estimate, unit),
            std_error=self.number(pooled.std_error, unit),
            df=_df(pooled.df),
            p_value=self.p_value(pooled.p_value),
            conf_low=self.number(pooled.conf_low, unit),
            conf_high=self.number(pooled.conf_high, unit),
            tau2=_digits(pooled.tau2),
            tau2_low=_digits(pooled.tau2_low),
            tau2_high=_digits(pooled.tau2_high),
            i2=None if pooled.i2 is None else round(pooled.i2, 2),
            q=None if pooled.q is None else round(pooled.q, 2),
            q_p_value=None if pooled.q_p_value is None else self.p_value(pooled.q_p_value),
            predict_low=None if low is None else self.number(low, unit),
            predict_high=None if high is None else self.number(high, unit),
        )

    def contrast(self, contrast: Contrast, unit: Unit) -> Contrast:
        """A difference between two roles with every number in it rounded."""
        return replace(
            contrast,
            estimate=self.number(contrast.estimate, unit),
            std_error=self.number(contrast.std_error, unit),
            df=_df(contrast.df),
            p_value=self.p_value(contrast.p_value),
            p_adjusted=self.p_value(contrast.p_adjusted),
            conf_low=self.number(contrast.conf_low, unit),
            conf_high=self.number(contrast.conf_high, unit),
        )

    # ── Numbers inside sentences ───────────────────────────────────────────────────────────────────────────────

    def notes(self, notes: Sequence[Note], unit: Unit = "proportion") -> tuple[Note, ...]:
        """Caveats with the numbers in them rounded."""
        return tuple(replace(note, values=self.values(note.values, unit)) for note in notes)

    def values(self, values: Mapping[str, object], unit: Unit = "proportion") -> dict[str, object]:
        """What is filled into a sentence: counts of people rounded and small ones hidden, other numbers like estimates."""
        decimals = self.policy.effect_decimals if unit == "proportion" else self.policy.other_decimals
        return {name: self._value(name, value, decimals) for name, value in values.items()}

    def _value(self, name: str, value: object, decimals: int) -> object:
        if isinstance(value, tuple):
            return self.notes(value)
        if isinstance(value, bool) or value == 0:
            return value
        if isinstance(value, int):
            return self._people(value) if name in COUNTS_OF_PEOPLE else value
        if isinstance(value, float):
            return round(value, decimals) if math.isfinite(value) else value
        written = _WRITTEN_NUMBER.fullmatch(value) if isinstance(value, str) else None
        return (
            value if written is None else self._written(name, str(value), decimals, signed=bool(written[1]))
        )

    def _people(self, count: int) -> int | str:
        few = self.policy.respondents
        return f"<{few}" if count < few else self.count_below(count)

    def _written(self, name: str, text: str, decimals: int, *, signed: bool) -> str:
        number = float(text)
        if name == "p":
            return f"{self.p_value(number):.{self.policy.p_decimals}f}"
        if len(text.partition(".")[2]) <= decimals and "e" not in text:
            return text
        return f"{number:{'+' if signed else ''}.{decimals}f}"


def _df(df: float) -> float:
    return round(df, 1) if math.isfinite(df) else df


def _digits(value: float | None) -> float | None:
    """Two significant digits."""
    if value is None or value == 0 or not math.isfinite(value):
        return value
    return round(value, 1 - math.floor(math.log10(abs(value))))
