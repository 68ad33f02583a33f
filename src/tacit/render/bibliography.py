"""The papers that a report rests on, each with what it is cited for."""

from dataclasses import dataclass

from tacit.core import Report
from tacit.render.claims import shown_epsilon

CLAIM = {"abadi", "jagielski", "steinke", "mahloujifar"}
ALWAYS = {"carlini", "yeom", "jayaraman", "abadi", "aerni", "choquette", "lee"}


@dataclass(frozen=True)
class Paper:
    """Authors, title, where it appeared, and what it is cited for."""

    authors: str
    title: str
    where: str
    for_what: str

    def __str__(self) -> str:
        return f"{self.authors}: {self.title}. {self.where} ({self.for_what})."


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


def references(report: Report) -> tuple[str, ...]:
    """The papers behind what this report shows."""
    methods = " ".join(
        estimate.method.lower() for check in report.checks for estimate in check.estimates
    )
    attacks = " ".join(f"{check.name} {check.attack}".lower() for check in report.checks)
    roles = {check.role for check in report.checks}
    cited = {
        "delong": "delong" in methods,
        "clopper": "clopper" in methods,
        "holm": "slice" in roles,
        "das": "blind" in roles,
        "song": "entropy" in attacks or "class" in attacks,
        "shokri": "shadow" in attacks or "shokri" in attacks,
        "kaya": {"member", "nonmember"} <= set(report.accuracy),
    }
    always = ALWAYS if shown_epsilon(report) is None else CLAIM
    return tuple(
        str(paper) for key, paper in PAPERS.items() if key in always or cited.get(key, False)
    )
