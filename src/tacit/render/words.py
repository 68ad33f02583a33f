"""Numbers in words that a reader without statistics takes the right way, in his language."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tacit.core import Estimate, Note, Verdict
from tacit.render.blocks import Original
from tacit.render.clean import NAME_LIMIT, SENTENCE_LIMIT, clean, sentence
from tacit.render.language import Language, language

SPACE = "\u00a0"
DASH = "–"
# below one in a million a share is shown as "less than": no audit has the records to say more
SMALLEST_SHARE = 1e-6
# the usual limit of printed p-values
SMALLEST_P = 1e-3
# digits that matter: two, up to four where the interval's ends would look alike; six decimals end
# what can be told apart with ten million records
DIGITS, MOST_DIGITS, MOST_DECIMALS = 2, 4, 6
# a share from here on would be rounded to 100 %, and one of 99.5 % to 100 without a decimal
NEARLY_ALL, NEEDS_DECIMAL = 0.999, 99.5
# numbers below this have their first digit behind the second decimal once they are rounded
SMALL = 0.095
# "1 in n" is said of a rate where it is at most 2 % beside it: 0.03 is 1 in 33, 0.4 is not 1 in 2
NEAR_ONE_IN = 0.02
# shares of the metrics that read best in per cent
SHARES = ("tpr", "ppv", "balanced_accuracy", "accuracy", "reconstruction", "extraction")
# metrics with a sentence of their own in every language
PLAIN_METRICS = (
    "advantage",
    "auc",
    "balanced_accuracy",
    "epsilon",
    "epsilon if Gaussian",
    "accuracy",
    "exposure",
    "extraction",
    "extraction difference",
    "attribute advantage",
    "excess",
    "beyond imputation",
    "relative excess",
    "accuracy, members",
    "accuracy, non-members",
    "share removed",
    "reconstruction rate",
)


@dataclass(frozen=True, eq=False)
class Words:
    """What a report says, in one language.

    Parameters
    ----------
    language : Language
        Its sentences and the form of its numbers.
    subject : str
        ``"release"`` where the report is about a synthetic table: sentences that speak of the model
        then have a form that speaks of the release.

    Examples
    --------
    >>> words = Words.of("en")
    >>> words.share(0.0213), words.share(0.9996), words.share(1.0)
    ('2.1\\xa0%', '>\\xa099.9\\xa0%', '100\\xa0%')
    >>> Words.of("de").share(0.0213)
    '2,1\\xa0%'
    """

    language: Language
    subject: str = ""

    @classmethod
    def of(cls, code: str) -> "Words":
        """The words of a language such as ``"en"``, ``"de"`` or ``"fr"``."""
        return cls(language(code))

    def say(self, key: str, /, **values: object) -> str:
        """The sentence called `key`, with `values` filled in."""
        own = f"{self.subject}.{key}"
        sentences = self.language.sentences
        return sentences[own if own in sentences else key].format(**values)

    def has(self, key: str, /) -> bool:
        """Whether there is a sentence called `key`."""
        return key in self.language.sentences

    def written(self, text: object) -> str:
        """A sentence that an audit wrote: in this language where it is known, else as it stands."""
        # a number and its per cent sign stay on one line
        shown = sentence(text).replace(" %", f"{SPACE}%")
        known = self.language.translated(sentence(text))
        if known is None:
            return shown if self.language.code == "en" else Original(shown)
        return known

    def name(self, text: object, *, limit: int = NAME_LIMIT) -> str:
        """What something is called: in this language where it is known, else as it stands."""
        shown = clean(text, limit=limit)
        if self.language.code == "en":
            return shown
        known = self.language.translated(clean(text, limit=SENTENCE_LIMIT))
        return shown if known is None else clean(known, limit=limit)

    def reason(self, note: Note) -> str:
        """Why something could not be known; in another language from the note's numbers."""
        said = self.written(note.reason)
        if isinstance(said, Original) and note.needed is not None:
            return self.say("unknown.too few", unit=self.unit(note.unit or "records"))
        return upper_first(said)

    def share(self, value: float, *, digits: int = DIGITS) -> str:
        """A share in per cent: `digits` that matter, and never a rounded 0 or 100."""
        return f"{self._percent(value, digits)}{SPACE}%"

    def number(self, value: float, *, decimals: int | None = None) -> str:
        """A score with so many decimals; by default two, or two digits that matter."""
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        text = f"{value:.{_decimals(value) if decimals is None else decimals}f}"
        return self._local(text.removeprefix("-") if not float(text) else text)

    def bound(self, value: float, *, upper: bool = False) -> str:
        """A lower (or upper) bound as `number`, rounded down (or up): what is at least 0.996 is
        not at least 1.00.
        """
        if not math.isfinite(value):
            return self.number(value)
        decimals = _decimals(value)
        return self.number(_bound(value, decimals, upper), decimals=decimals)

    def plain(self, value: float) -> str:
        """A number from a setting, as short as it can be: ``0.1``."""
        return self._local(f"{value:g}")

    def count(self, value: float) -> str:
        """A whole number with thousands separated."""
        return self._local(f"{int(value):,}")

    def amount(self, value: object) -> str:
        """A number of records from outside, or a dash where it is unknown."""
        if isinstance(value, (int, float)) and math.isfinite(value):
            return self.count(value)
        return DASH

    def counted(self, n: int, noun: str) -> str:
        """``1 member``, ``2 members``; `noun` has a sentence for one and one for many."""
        many = n > 1 if self.language.code == "fr" else n != 1
        return self.say(f"noun.{noun}.{'many' if many else 'one'}", n=self.count(n))

    def unit(self, name: object) -> str:
        """What was counted, from outside: in this language where it is known."""
        text = clean(name)
        key = f"unit.{text}"
        return self.say(key) if self.has(key) else self.name(text)

    def one_in(self, rate: float) -> str:
        """``1 in 1,000`` for 0.001; per cent where no whole number is near, as for 0.4."""
        n = round(1 / rate) if rate > 0 else 0
        if n >= 2 and abs(n * rate - 1) <= NEAR_ONE_IN:
            return self.say("one in", n=self.count(n))
        return self.share(rate)

    def p_value(self, value: float | None) -> str:
        """``< 0.001``, ``0.02``, or a dash where there is none."""
        if value is None:
            return DASH
        if value < SMALLEST_P:
            return f"<{SPACE}{self._local(f'{SMALLEST_P:g}')}"
        if value >= SMALL:
            return self._local(f"{value:.2f}")
        return self._local(f"{value:.1g}" if value < 0.01 else f"{value:.3f}".rstrip("0"))

    def value_of(self, estimate: Estimate) -> str:
        """The point estimate alone, as exact as its interval allows."""
        return self._written(estimate, estimate.value)

    def span_of(self, estimate: Estimate) -> str:
        """The interval alone: ``1.2 to 3.5 %``, or ``at least 0.3``."""
        if math.isinf(estimate.high):
            return self.say("at least", value=self._one_end(estimate, estimate.low))
        if math.isinf(estimate.low):
            return self.say("at most", value=self._one_end(estimate, estimate.high, upper=True))
        low, high = self._written(estimate, estimate.low), self._written(estimate, estimate.high)
        return self.say("from to", low=low.removesuffix(f"{SPACE}%"), high=high)

    def both_of(self, estimate: Estimate) -> str:
        """Value and interval for a table: ``2.1 % (1.2–3.5 %)``.

        The ends are joined by a word where a minus sign would meet the dash.
        """
        span = self.span_of(estimate)
        ends = (estimate.low, estimate.high)
        if estimate.value in ends and math.isinf(estimate.high - estimate.low):
            return span
        if "−" not in span and all(map(math.isfinite, ends)):
            low = self._written(estimate, estimate.low).removesuffix(f"{SPACE}%")
            span = f"{low}{DASH}{self._written(estimate, estimate.high)}"
        return f"{self.value_of(estimate)} ({span})"

    def metric_name(self, name: str) -> str:
        """What a metric's name means, as the heading of a column."""
        kind, settings = parts_of(name)
        if kind == "tpr" and "fpr" in settings:
            return self.say("metric.tpr", rate=self.one_in(settings["fpr"]))
        if kind == "tpr" and "fpr<" in settings:
            return self.say("metric.tpr at most", rate=self.one_in(settings["fpr<"]))
        if kind == "ppv" and "prior" in settings:
            return self.say("metric.ppv", prior=self.share(settings["prior"]))
        if kind == "pauc" and "fpr" in settings:
            return self.say("metric.pauc", rate=self.one_in(settings["fpr"]))
        return self.say(f"metric.{name}") if name in PLAIN_METRICS else clean(name)

    def short_metric_name(self, name: str) -> str:
        """As `metric_name`, for a narrow column."""
        kind, settings = parts_of(name)
        if kind == "tpr" and "fpr" in settings:
            return self.say("metric.tpr short", rate=self.one_in(settings["fpr"]))
        return self.say("metric.advantage short") if name == "advantage" else self.metric_name(name)

    def question(self, metric: str) -> str:
        """What could not be known: a metric in words, or a question as it was written."""
        name = self.metric_name(metric)
        return name if name != clean(metric) else upper_first(self.written(metric))

    def rule(self, verdict: Verdict) -> str:
        """A gate's rule in words: ``Members found, 1 in 100 wrong, at most 5 %``."""
        if verdict.limit is None or not math.isfinite(verdict.limit):
            return clean(verdict.rule)
        if verdict.relation == "not refuted":
            return self.say("rule.not refuted", limit=self.plain(verdict.limit))
        limit = self.plain(verdict.limit)
        if is_share(verdict.metric):
            limit = f"{self.plain(100 * verdict.limit)}{SPACE}%"
        relation = clean(verdict.relation)
        if verdict.relation == "at most":
            return self.say("rule.at most", metric=self.metric_name(verdict.metric), limit=limit)
        return f"{self.metric_name(verdict.metric)} {relation} {limit}"

    def _local(self, text: str) -> str:
        marks = {".": self.language.decimal, ",": self.language.thousands, "-": "−"}
        return "".join(marks.get(character, character) for character in text)

    def _percent(self, value: float, digits: int = DIGITS) -> str:
        if value in (0.0, 1.0):
            return f"{100 * value:.0f}"
        if 0 < value < SMALLEST_SHARE:
            return f"<{SPACE}{self._local(f'{100 * SMALLEST_SHARE:g}')}"
        if NEARLY_ALL < value < 1:
            return f">{SPACE}{self._local('99.9')}"
        percent = 100 * value
        return self._local(f"{percent:.{_percent_decimals(percent, digits)}f}")

    def _written(self, estimate: Estimate, value: float) -> str:
        if is_share(estimate.name):
            if not math.isfinite(value):
                return self.number(value)
            return self.share(value, digits=self._digits(estimate))
        half = (estimate.high - estimate.low) / 2
        if not 0 < half < math.inf:
            return self.number(value)
        # a third of the half-width: the last decimal is one that the interval leaves uncertain
        decimals = max(2, -math.floor(math.log10(half / 3)))
        return self.number(value, decimals=min(MOST_DECIMALS, decimals))

    def _one_end(self, estimate: Estimate, value: float, *, upper: bool = False) -> str:
        """A bound, rounded away from what it promises."""
        if not is_share(estimate.name) or not 0 < value < 1:
            return self.bound(value, upper=upper)
        decimals = _percent_decimals(100 * value, DIGITS)
        return self.share(_bound(100 * value, decimals, upper) / 100)

    def _digits(self, estimate: Estimate) -> int:
        """Two, or as many more as it takes to tell the ends of a share's interval apart."""
        if not math.isfinite(estimate.high - estimate.low):
            return DIGITS
        all_three = (estimate.low, estimate.value, estimate.high)
        touching = estimate.low == estimate.high or estimate.value in (estimate.low, estimate.high)
        for digits in range(DIGITS, MOST_DIGITS):
            shown = {self._percent(value, digits) for value in all_three}
            if touching or len(shown) == 3:
                return digits
        return MOST_DIGITS


def _decimals(value: float) -> int:
    """Two, or as many as show two digits that matter."""
    small = 0 < abs(value) < SMALL
    return min(MOST_DECIMALS, 1 - math.floor(math.log10(abs(value)))) if small else 2


def _percent_decimals(percent: float, digits: int) -> int:
    if abs(percent) >= NEEDS_DECIMAL:
        return 1
    return max(0, digits - 1 - math.floor(math.log10(abs(percent))))


def _bound(value: float, decimals: int, upper: bool) -> float:
    """`value` with so many decimals, never above (or, an `upper` bound, below) itself."""
    # of the digits that Python shows, so that 0.1 stays 0.1
    unit = Decimal(1).scaleb(-decimals)
    return float(Decimal(repr(value)).quantize(unit, ROUND_CEILING if upper else ROUND_FLOOR))


def is_share(name: str) -> bool:
    """Whether the estimate called `name` is a share that reads best in per cent."""
    return name.startswith(SHARES)


def parts_of(name: str) -> tuple[str, Mapping[str, float]]:
    """A metric's name taken apart.

    Examples
    --------
    >>> parts_of("tpr@fpr=0.01"), parts_of("auc")
    (('tpr', {'fpr': 0.01}), ('auc', {}))
    """
    kind, found, setting = name.partition("@")
    key, equal, value = setting.partition("=")
    if not (found and equal):
        return name, {}
    try:
        number = float(value)
    except ValueError:
        return name, {}
    return (kind, {key: number}) if math.isfinite(number) else (name, {})


def setting_of(estimate: Estimate, key: str) -> float | None:
    """What the estimate was asked with: its setting `key`; reports of schema 1 have it in the name.

    None where it has no such setting.
    """
    found = estimate.settings.get(key)
    return parts_of(estimate.name)[1].get(key) if found is None else found


def upper_first(text: str) -> str:
    """`text` as the start of a sentence."""
    raised = text[:1].upper() + text[1:]
    return Original(raised) if isinstance(text, Original) else raised
