"""Reports to render: one as an audit writes it, one of each finding, and one written by an
enemy.
"""

from dataclasses import replace

import numpy as np

from tacit.core import AtMost, CheckResult, Estimate, Note, NotRefuted, Report, Verdict

NASTY = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "[click](javascript:alert(4)) ![x](http://evil.example/x.png)",
    "| a | b |\n| - | - |\n# heading",
    "\u202egnp.exe\u202c \u2066hidden\u2069",
    "\x1b[31mred\x1b[0m\x07\x00\ud800",
    "]]><!-- & &amp; \" ' ` \\",
    "مرحبا بالعالم",
    "e" + "\u0301" * 200,
    "A" * 100_000,
)


def estimate(
    name,
    value,
    half=0.03,
    *,
    n=4000,
    p=None,
    method="Clopper-Pearson and order statistics",
    settings=None,
):
    low = 0.0 if name != "advantage" else -1.0
    return Estimate(
        name,
        value,
        max(low, value - half),
        min(1.0, value + half),
        0.95,
        n,
        method,
        p_value=p,
        settings=settings or {},
    )


def roc(shift, n=2000, k=300):
    """A smooth ROC with a band, as a report's figures hold it."""
    from scipy.special import ndtr, ndtri

    fpr = np.concatenate([[0.0], np.logspace(-np.log10(n), 0, k)])
    tpr = ndtr(ndtri(np.clip(fpr, 1e-12, 1 - 1e-12)) + shift)
    tpr[0], tpr[-1] = 0.0, 1.0
    half = 2 * np.sqrt(tpr * (1 - tpr) / n)
    return {
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "low": np.maximum(tpr - half, 0).tolist(),
        "high": np.minimum(tpr + half, 1).tolist(),
    }


def scores(shift, k=50):
    edges = np.linspace(-4, 4 + shift, k + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    bell = [np.exp(-((middle - centre) ** 2) / 2) for centre in (shift, 0.0)]
    return {
        "edges": edges.tolist(),
        "member": (2000 * bell[0] / bell[0].sum()).tolist(),
        "nonmember": (2000 * bell[1] / bell[1].sum()).tolist(),
    }


ATTACKS = (
    ("gradient boosting", "GradientBoosting()", "scaled_logit", 0.34, 0.21, 0.048, 0.715),
    ("confidence threshold", "Threshold()", "scaled_logit", 0.31, 0.19, 0.041, 0.702),
    (
        "confidence threshold per class",
        "ClassConditional()",
        "scaled_logit",
        0.30,
        0.18,
        0.037,
        0.699,
    ),
    (
        "logistic regression",
        "LogisticRegression(penalty=1.0)",
        "scaled_logit",
        0.29,
        0.17,
        0.033,
        0.690,
    ),
    ("entropy threshold", "Threshold()", "entropy", 0.22, 0.09, 0.012, 0.640),
    ("gap (correct or not)", "Threshold()", "correctness", 0.17, 0.02, 0.002, 0.585),
)
SLICES = (
    ("prediction", "wrong", 0.52, 0.09),
    ("class", "9", 0.45, 0.08),
    ("class", "4", 0.41, 0.08),
    ("loss percentile", "90-100 %", 0.37, 0.07),
    ("class", "7", 0.33, 0.08),
    ("class", "1", 0.24, 0.09),
    ("class", "0", 0.12, 0.10),
    ("loss percentile", "0-10 %", 0.04, 0.07),
)


def attack_check(row, chosen):
    name, attack, statistic, score, one_percent, one_per_mille, area = row
    estimates = [
        estimate("auc", area, 0.016, p=1e-9, method="DeLong, on the logit scale"),
        estimate("tpr@fpr=0.01", one_percent, 0.025),
        estimate("tpr@fpr=0.001", one_per_mille, 0.013),
        estimate("advantage", score, 0.04, p=1e-9, method="Newcombe's hybrid score interval"),
    ]
    if chosen:
        estimates += [
            estimate(
                f"ppv@prior={prior:g}",
                value,
                0.02,
                method="at FPR 0.01: order statistics",
                settings={"prior": prior, "fpr": 0.01},
            )
            for prior, value in ((0.5, 0.95), (0.1, 0.70), (0.01, 0.175), (0.001, 0.021))
        ]
    return CheckResult(
        name,
        "attack",
        attack,
        statistic,
        n_members=2000,
        n_nonmembers=2000,
        estimates=tuple(estimates),
        p_value=1e-9,
    )


def slice_check(name, value, score, half):
    n = 40 if (name, value) == ("class", "0") else 210
    p = 0.4 if score - half < 0 else 0.0004
    found = Estimate(
        "advantage",
        score,
        score - half,
        score + half,
        0.994,
        2 * n,
        "Newcombe's hybrid score interval, simultaneous",
    )
    return CheckResult(
        f"{name} = {value}",
        "slice",
        "GradientBoosting()",
        "scaled_logit",
        name,
        value,
        n,
        n,
        (found,),
        p,
        min(1.0, 8 * p),
    )


def leaking():
    """A report as an audit of an overfitted network writes it."""
    checks = [attack_check(row, place == 0) for place, row in enumerate(ATTACKS)]
    checks += [slice_check(*row) for row in SLICES]
    checks.append(
        CheckResult(
            "class = 8",
            "slice",
            slice="class",
            value="8",
            n_members=12,
            n_nonmembers=9,
            notes=(Note("auc", "too few records: needs 20, got 12 and 9", 20, 9, "records"),),
        )
    )
    blind = estimate("auc", 0.503, 0.018, p=0.7, method="DeLong, on the logit scale")
    checks.append(
        CheckResult(
            "blind guesser (labels only)",
            "blind",
            "Blind()",
            "none",
            estimates=(blind,),
            p_value=0.7,
        )
    )
    return Report(
        finding="leak",
        verdict="fail",
        headline=(
            "This model leaks: an attacker who may be wrong about 1 in 1,000 non-members finds"
            " 4.8 %"
            " of the members (3.5 % to 6.1 %); a blind guesser finds 0.1 %. Vulnerability"
            " score 0.34 (0.3 to 0.38; 0 is none, 1 is total)."
        ),
        p_value=2e-9,
        detectable=0.049,
        score=checks[0].estimate("advantage"),
        chosen="gradient boosting",
        checks=tuple(checks),
        verdicts=(
            AtMost("advantage", 0.1)(checks[0].estimate("advantage")),
            AtMost("tpr@fpr=0.01", 0.05)(checks[0].estimate("tpr@fpr=0.01")),
        ),
        accuracy={"member": 0.998, "nonmember": 0.876},
        unknown=(
            Note(
                "tpr@fpr=0.0001",
                "This needs 10000 non-members, got 2000.",
                10000,
                2000,
                "non-members",
            ),
            Note("1 of 9 slices (class = 8)", "too few records: needs 20 a side, got 12 and 9"),
        ),
        assumes=(
            (
                "Records are independent of one another, and members and non-members come from the"
                " same population."
            ),
            "The split was found, not drawn, so nothing here bounds epsilon.",
        ),
        figures={
            "roc": [{"attack": row[0]} | roc(2 * row[3]) for row in ATTACKS],
            "scores": [{"attack": "gradient boosting"} | scores(0.9)],
        },
        environment={
            "versions": {
                "tacit": "0.1.0",
                "python": "3.11.7",
                "numpy": "2.4.0",
                "scipy": "1.17.0",
                "scikit-learn": "1.9.1",
            },
            "seed": 0,
            "digest": "sha256:" + "3f5a9c" * 10 + "beef",
            "command": "tacit audit overfitted.npz --html report.html",
        },
        created="2026-11-24",
        title="overfitted network",
    )


def quiet():
    """No leak found, limits kept."""
    base = leaking()
    flat = [
        replace(
            check,
            estimates=(
                estimate("advantage", 0.01, 0.03),
                estimate("tpr@fpr=0.01", 0.012, 0.006),
                estimate("auc", 0.505, 0.015),
            ),
            p_value=0.4,
        )
        for check in base.checks[:3]
    ]
    return replace(
        base,
        finding="no leak found",
        verdict="pass",
        headline=(
            "No leak found by these attacks. A leak with a score of 0.049 or more would have"
            " shown in 4 audits of 5; a smaller one, or a stronger attack, is not ruled out."
        ),
        p_value=0.44,
        score=flat[0].estimate("advantage"),
        checks=tuple(flat),
        verdicts=(AtMost("advantage", 0.1)(flat[0].estimate("advantage")),),
        accuracy={"member": 0.88, "nonmember": 0.876},
        unknown=(),
        title="regularised network",
    )


def starved():
    """Too little data for anything, and a split that gives itself away."""
    unknown = Note(
        "everything", "Dealing records into 4 parts needs 4 members, got 3.", 4, 3, "members"
    )
    return Report(
        "inconclusive",
        "inconclusive",
        "Inconclusive: there are too few records to measure anything.",
        verdicts=(Verdict("inconclusive", "advantage", "at most", 0.1, note=unknown),),
        unknown=(unknown,),
        warnings=(
            "A guesser that never sees the model tells members from non-members (AUC 0.93).",
        ),
        title="tiny",
    )


def claim():
    """An audit of a differential-privacy claim that refutes it."""
    bound = Estimate(
        "epsilon",
        4.556,
        4.556,
        float("inf"),
        0.95,
        2000,
        "one run, all numbers of guesses at once",
        ("Each canary had its own coin.",),
    )
    check = CheckResult(
        "canaries, one run",
        "attack",
        "Threshold()",
        "canary score",
        n_members=1007,
        n_nonmembers=993,
        estimates=(bound,),
    )
    return Report(
        "leak",
        "fail",
        "The claim is refuted: an epsilon of at least 4.55 at delta = 1e-05 is shown (95 %"
        " confidence), where 1 was claimed.",
        chosen=check.name,
        checks=(check,),
        verdicts=(NotRefuted(1.0)(bound),),
        assumes=bound.assumes,
        policy="claimed epsilon 1 at delta 1e-05",
        title="DP-SGD model",
    )


def nasty():
    """Every text is hostile."""
    base = leaking()
    evil = list(NASTY)
    checks = [
        replace(
            check,
            name=evil[i % len(evil)] + str(i),
            attack=evil[(i + 1) % len(evil)],
            statistic=evil[(i + 2) % len(evil)],
        )
        for i, check in enumerate(base.checks)
    ]
    checks = [
        replace(
            check,
            slice=evil[i % len(evil)],
            value=evil[(i + 3) % len(evil)],
            notes=(Note(evil[1], evil[(i + 5) % len(evil)], unit=evil[2]),),
            remarks=(evil[0],),
        )
        for i, check in enumerate(checks)
    ]
    figures = {
        "roc": [item | {"attack": evil[i]} for i, item in enumerate(base.figures["roc"])],
        "scores": [base.figures["scores"][0] | {"attack": evil[1]}],
    }
    return replace(
        base,
        headline=" ".join(evil[:9]),
        chosen=checks[0].name,
        checks=tuple(checks),
        verdicts=tuple(
            Verdict(kind, text, text, 0.1, note=Note(text, text))
            for kind, text in zip(("fail", "pass", "inconclusive", "skipped"), evil)
        ),
        unknown=tuple(Note(text, text, 7, None, text) for text in evil),
        assumes=tuple(evil),
        warnings=tuple(evil),
        figures=figures,
        policy=evil[0],
        environment={
            "versions": {text: text for text in evil},
            "seed": evil[1],
            "digest": evil[2],
            "command": evil[3],
            evil[4]: evil[5],
        },
        created=evil[0],
        title=evil[1],
    )
