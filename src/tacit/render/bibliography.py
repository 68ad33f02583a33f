"""The papers that a report rests on, each with what it is cited for."""

from dataclasses import dataclass

from tacit.render.clean import sentence
from tacit.render.reading import Reading
from tacit.render.words import Words

# what a report on a claim rests on, and what one on a model's records does
CLAIM = {"abadi", "jagielski", "steinke", "mahloujifar"}
ALWAYS = {"carlini", "yeom", "jayaraman", "abadi", "aerni", "choquette", "lee"}
# what the interval of a metric, the control of a role and a signal rest on
BY_METRIC = {"auc": "delong", "tpr": "clopper", "ppv": "clopper"}
BY_ROLE = {"slice": "holm", "blind": "das"}
BY_SIGNAL = {"entropy": "song", "modified_entropy": "song"}


@dataclass(frozen=True)
class Paper:
    """Authors, title, where it appeared, and what it is cited for."""

    authors: str
    title: str
    where: str
    for_what: str

    def said(self, words: Words) -> str:
        """The paper as a list of references has it."""
        return f"{self.authors}: {self.title}. {self.where} ({words.name(self.for_what)})."


PAPERS = {
    "carlini": Paper(
        "Carlini, Chien, Nasr, Song, Terzis, Tramèr",
        "Membership Inference Attacks From First Principles",
        "IEEE S&P 2022, arXiv:2112.03570",
        "log-log ROC; why few false accusations matter",
    ),
    "yeom": Paper(
        "Yeom, Giacomelli, Fredrikson, Jha",
        "Privacy Risk in Machine Learning: Analyzing the Connection to Overfitting",
        "CSF 2018, arXiv:1709.01604",
        "advantage; the gap attack",
    ),
    "jayaraman": Paper(
        "Jayaraman, Wang, Knipmeyer, Gu, Evans",
        "Revisiting Membership Inference Under Realistic Assumptions",
        "PoPETs 2021, arXiv:2005.10881",
        "precision at realistic base rates",
    ),
    "song": Paper(
        "Song, Mittal",
        "Systematic Evaluation of Privacy Risks of Machine Learning Models",
        "USENIX Security 2021, arXiv:2003.10595",
        "modified entropy; thresholds per class",
    ),
    "shokri": Paper(
        "Shokri, Stronati, Song, Shmatikov",
        "Membership Inference Attacks against Machine Learning Models",
        "IEEE S&P 2017, arXiv:1610.05820",
        "shadow models",
    ),
    "delong": Paper(
        "DeLong, DeLong, Clarke-Pearson",
        "Comparing the Areas under Two or More Correlated Receiver Operating Characteristic Curves",
        "Biometrics 44, 1988",
        "intervals and tests of the AUC",
    ),
    "clopper": Paper(
        "Clopper, Pearson",
        "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial",
        "Biometrika 26, 1934",
        "intervals of rates",
    ),
    "holm": Paper(
        "Holm",
        "A Simple Sequentially Rejective Multiple Test Procedure",
        "Scandinavian Journal of Statistics 6, 1979",
        "p-values of many slices",
    ),
    "das": Paper(
        "Das, Zhang, Tramèr",
        "Blind Baselines Beat Membership Inference Attacks for Foundation Models",
        "2024, arXiv:2406.16201",
        "guessers without the model",
    ),
    "abadi": Paper(
        "Abadi, Chu, Goodfellow, McMahan, Mironov, Talwar, Zhang",
        "Deep Learning with Differential Privacy",
        "CCS 2016, arXiv:1607.00133",
        "DP-SGD",
    ),
    "aerni": Paper(
        "Aerni, Zhang, Tramèr",
        "Evaluations of Machine Learning Privacy Defenses are Misleading",
        "CCS 2024, arXiv:2404.17399",
        "test the most exposed records; DP-SGD as the baseline",
    ),
    "choquette": Paper(
        "Choquette-Choo, Tramèr, Carlini, Papernot",
        "Label-Only Membership Inference Attacks",
        "ICML 2021, arXiv:2007.14321",
        "hiding confidences does not help",
    ),
    "kaya": Paper(
        "Kaya, Dumitraş",
        "When Does Data Augmentation Help With Membership Inference Attacks?",
        "ICML 2021",
        "label smoothing can make it worse",
    ),
    "jagielski": Paper(
        "Jagielski, Ullman, Oprea",
        "Auditing Differentially Private Machine Learning: How Private is Private SGD?",
        "NeurIPS 2020, arXiv:2006.07709",
        "lower bounds on epsilon from canaries",
    ),
    "steinke": Paper(
        "Steinke, Nasr, Jagielski",
        "Privacy Auditing with One (1) Training Run",
        "NeurIPS 2023, arXiv:2305.08846",
        "many canaries in one training",
    ),
    "mahloujifar": Paper(
        "Mahloujifar, Melis, Chaudhuri",
        "Auditing f-Differential Privacy in One Run",
        "2024, arXiv:2410.22235",
        "tighter bounds from one training",
    ),
    "lee": Paper(
        "Lee, Ippolito, Nystrom, Zhang, Eck, Callison-Burch, Carlini",
        "Deduplicating Training Data Makes Language Models Better",
        "ACL 2022, arXiv:2107.06499",
        "repeated records are remembered",
    ),
}


def references(reading: Reading) -> tuple[str, ...]:
    """The papers behind what this report shows, then those that its estimates name themselves."""
    report = reading.report
    cited = set(ALWAYS if reading.epsilon is None else CLAIM)
    named: dict[str, None] = {}
    for check in report.checks:
        cited.add(BY_ROLE.get(check.role, ""))
        cited.add(BY_SIGNAL.get(check.statistic, ""))
        for estimate in check.estimates:
            cited.add(BY_METRIC.get(estimate.name.partition("@")[0], ""))
            named |= dict.fromkeys(estimate.references)
    if reading.kind == "membership with shadow models":
        cited.add("shokri")
    if {"member", "nonmember"} <= set(report.accuracy):
        cited.add("kaya")
    papers = [
        paper.said(reading.words) for key, paper in PAPERS.items() if key in cited | set(named)
    ]
    return (*papers, *(sentence(text) for text in named if text not in PAPERS))
