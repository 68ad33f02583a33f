"""One small report of every kind of audit, and of the ways in which each can end."""

import numpy as np

import tacit
from tacit.core import Membership, Outputs, Signals, Tokens

SIDE = 120


def answers(n=SIDE, gain=1.5, *, classes=3, seed=0):
    """Two sides of a classifier that fits its members by `gain` better."""
    rng = np.random.default_rng(seed)

    def side(more):
        label = rng.integers(0, classes, n)
        logits = rng.normal(size=(n, classes))
        logits[np.arange(n), label] += 1.0 + more * rng.random(n)
        return Outputs(logits=logits, label=label)

    return {"member": side(gain), "nonmember": side(0.0)}


def membership(n=SIDE, gain=1.5, **options):
    return tacit.audit(**answers(n, gain), **({"effort": "quick"} | options))


def one_model():
    """An audit of one model, in every way it can end."""
    rng = np.random.default_rng(5)
    halves = [rng.normal(size=(SIDE, 2)) for _ in range(2)]
    part = np.arange(SIDE)
    losses = [Outputs(loss=rng.exponential(scale, 300)) for scale in (0.5, 1.0)]
    yield membership(400, effort="full")
    yield membership(400, 0.0)
    yield membership(3)
    yield membership(12)
    yield membership(60, 0.3)
    yield membership(features=(halves[0], halves[1]))
    yield membership(features=(halves[0] + 2, halves[1]))
    yield membership(400, cluster=(np.arange(400) // 5, 80 + np.arange(400) // 5))
    yield membership(cluster=(part // 60, 2 + part // 60))
    yield membership(assignment="coin", records=True)
    sliced = {"part": (part % 3, part % 3), "rare": (part // 2, part // 2)}
    yield membership(slices=sliced | {"one": (part * 0, part * 0)})
    yield membership(policy={"at_most": {"advantage": 0.1, "tpr@fpr=0.0001": 0.5}})
    yield tacit.audit(member=losses[0], nonmember=losses[1])
    unlabelled = answers()
    yield tacit.audit(
        **{name: Outputs(logits=side.logits) for name, side in unlabelled.items()}, effort="quick"
    )


def other_outputs():
    """Regression, binary and multi-label answers."""
    rng = np.random.default_rng(6)
    truth = rng.normal(size=600)
    guess = truth + np.repeat([0.6, 1.0], 300) * rng.normal(size=600)
    label = rng.integers(0, 2, (600, 3))
    several = (2 * label - 1) * (0.5 + rng.random((600, 3)))
    several[:300] *= 1.8
    score = rng.normal(size=600) + np.repeat([0.8, 0.0], 300)
    for given in (
        {"prediction": guess, "truth": truth},
        {"logits": several, "label": label},
        {"logits": score, "label": np.ones(600, int)},
    ):
        sides = [
            Outputs(**{name: value[part] for name, value in given.items()})
            for part in (slice(300), slice(300, None))
        ]
        yield tacit.audit(member=sides[0], nonmember=sides[1])


def shadows():
    """With shadow models: enough, few, and a target that they do not resemble."""
    from tacit.testing import ShadowGaussian

    for n_shadows, n, shift in ((8, 200, 1.5), (8, 200, 0.0), (4, 30, 1.0)):
        game = ShadowGaussian(n_shadows=n_shadows, shift=shift).draw(n, seed=0)
        yield tacit.shadow_audit(game.signals, game.membership)
    game = ShadowGaussian(n_shadows=8, shift=1.0).draw(200, seed=1)
    yield tacit.shadow_audit(
        game.signals,
        game.membership,
        accuracy=0.99,
        shadow_accuracy=[0.5 + 0.01 * i for i in range(8)],
    )


def claims():
    """Claims of differential privacy: refuted, not refuted, none, too few, many runs."""
    rng = np.random.default_rng(7)
    member = rng.random(600) < 0.5
    score = rng.normal(size=600) + 2.0 * member
    coin = Membership(member, assignment="coin")
    for key, options in (
        (coin, {"claimed_epsilon": 0.5}),
        (coin, {"claimed_epsilon": 4.0}),
        (coin, {"claimed_epsilon": None}),
        (coin, {"claimed_epsilon": 0.5, "runs": "many"}),
        (coin, {"claimed_epsilon": 12.0}),
    ):
        yield tacit.dp_audit(score, key, delta=1e-5, **options)
    few = Membership(member[:6], assignment="coin")
    yield tacit.dp_audit(score[:6], few, delta=1e-5, claimed_epsilon=1.0)
    kinds = np.repeat(["easy", "hard"], 300)
    yield tacit.dp_audit(score, coin, delta=1e-5, claimed_epsilon=0.5, kind=kinds)


def table(n, seed):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=n)
    return {
        "x": latent + rng.normal(size=n),
        "y": np.round(latent * 2 + rng.normal(size=n)),
        "c": np.array(["low", "mid", "high"])[np.digitize(latent, [-0.5, 0.5])],
        "d": rng.integers(0, 5, n).astype(str),
    }


def synthetic():
    """Synthetic tables: one that leaks, one that does not, too few rows, with shadows."""
    from tacit.testing.generators import Cart, Copier

    real = {name: table(300, i) for i, name in enumerate(("member", "nonmember", "reference"))}
    quick = {"secrets": ["c"], "slices": ["c"]}
    yield tacit.audit_synthetic(Copier(0.8, 0.1)(real["member"], 0), **real, **quick)
    yield tacit.audit_synthetic(table(300, 9), **real, **quick)
    few = {name: table(4, i) for i, name in enumerate(real)}
    yield tacit.audit_synthetic(table(4, 9), **few, **quick)
    overlapping = real | {"reference": real["member"]}
    yield tacit.audit_synthetic(table(300, 9), **overlapping, **quick)
    release = Cart()(real["member"], 0)
    yield tacit.audit_synthetic(
        release, **real, **quick, generator=Cart(), shadows=4, assignment="coin"
    )


def attribute():
    """Attribute inference: a model that remembers, one that does not, too few rows."""
    import pandas as pd

    rng = np.random.default_rng(8)

    def people(n):
        age = rng.normal(50, 12, n)
        illness = np.array(["none", "mild", "severe"])[(rng.random((n, 1)) > [0.5, 0.8]).sum(1)]
        return pd.DataFrame({"age": age, "ward": rng.integers(0, 4, n), "illness": illness})

    train, test, reference = (people(n) for n in (200, 200, 400))
    truth = dict(zip(train["age"].tolist(), train["illness"].tolist()))

    def remembers(batch):
        pairs = zip(batch["age"], batch["illness"])
        return np.array([0.95 if truth.get(age) == value else 0.1 for age, value in pairs])

    def knows_nothing(batch):
        return np.full(len(batch["age"]), 0.5)

    for model, size in ((remembers, 200), (knows_nothing, 200), (remembers, 3)):
        sides = [(x[:size], np.ones(size, int)) for x in (train, test)]
        yield tacit.audit_attribute(
            model,
            train=sides[0],
            test=sides[1],
            reference=(reference, np.ones(400, int)),
            secret="illness",
        )


def unlearning():
    """Unlearning: nothing forgotten, all forgotten, nothing to see, too few records."""
    n = 120
    level = np.random.default_rng(99).normal(size=n)

    def training(depth):
        def train(rows, seed):
            signal = level + np.random.default_rng(seed).normal(size=n)
            signal[rows] += depth
            return lambda x: signal

        return train

    def erasing(share):
        def unlearn(model, forget, retain, seed):
            signal = model(None).copy()
            signal[forget] -= 2.0 * share
            return lambda x: signal

        return unlearn

    for depth, share, models, n_forget in (
        (2.0, 0.0, 4, 80),
        (2.0, 1.0, 8, 80),
        (0.0, 0.0, 4, 80),
        (2.0, 0.0, 4, 4),
    ):
        yield tacit.audit_unlearning(
            training(depth),
            erasing(share),
            np.zeros((n, 1)),
            forget=np.arange(n_forget),
            n=models,
        )


def reconstruction():
    """Reconstruction with and without a claim, a control, and targets."""
    from tacit.dp.mechanisms import ApproxDP, Gaussian

    def hits(k, n):
        return np.arange(n) < k

    yield tacit.audit_reconstruction(hits(60, 100), chance=0.1, claim=Gaussian(1.0))
    yield tacit.audit_reconstruction(hits(25, 100), chance=0.1, claim=Gaussian(1.0))
    yield tacit.audit_reconstruction(hits(3, 3), chance=0.1, claim=ApproxDP(5.0, 1e-5))
    yield tacit.audit_reconstruction(
        hits(40, 100), chance=0.1, control=hits(40, 100), claim=Gaussian(0.5)
    )
    yield tacit.audit_reconstruction(hits(20, 200), chance=0.1)
    yield tacit.audit_reconstruction(hits(1, 10), chance=0.1)
    yield tacit.audit_reconstruction([], chance=0.1)


def properties():
    """A share that is told, one that is not, few models, shared records, and a broken control."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1300, 1))
    holds = rng.random(1300) < 0.5

    def training(leak, kept):
        def train(rows, seed):
            kept.append(x[rows].mean() + leak * holds[rows].mean())
            return lambda asked: np.full((len(asked), 1), sum(kept[-1 - kept[0] :]))

        return train

    for leak, memory, options in (
        (4.0, 0, {}),
        (0.0, 0, {}),
        (4.0, 0, {"n": 4}),
        (4.0, 0, {"size": 300}),
        (4.0, 0, {"shares": (0.1, 0.9), "n": 12}),
        (9.0, 1, {}),
    ):
        yield tacit.audit_property(training(leak, [memory]), x, property=holds, **options)


def labels_only():
    """A model that answers with labels only."""
    rng = np.random.default_rng(2)
    sign = rng.choice([-1, 1], 300)
    depth = np.where(np.arange(300) < 150, 1.0, 0.4) * rng.uniform(0.5, 1.5, 300)
    x = np.column_stack([sign * depth, rng.normal(size=300)])
    y = (sign > 0).astype(int)
    blank = rng.normal(size=(300, 2))
    for size in (150, 4):
        yield tacit.audit_label_only(
            lambda z: (z[:, 0] > 0).astype(int),
            train=(x[:size], y[:size]),
            test=(x[150 : 150 + size], y[150 : 150 + size]),
            features=(blank[:size], blank[150 : 150 + size]),
            scales=(0.5, 1.0),
        )


def text():
    """A language model: one that remembers, with references, too few and too short texts."""
    from tacit.audits.steps.text_game import Shadows
    from tacit.audits.text import text_audit

    words = np.array([f"word{i}" for i in range(400)])
    for n, gain, length, n_shadows in (
        (300, 0.5, 110, 0),
        (300, 0.0, 24, 0),
        (8, 0.5, 24, 0),
        (200, 0.4, 24, 2),
        (200, 0.4, 24, 6),
        (200, 0.5, 24, -1),
    ):
        rng = np.random.default_rng(n)
        inside = np.arange(n) < n // 2
        ids = rng.integers(0, 400, (n, length))
        hard = rng.gamma(4.0, 0.6, (n, length))

        def said(told, rng=rng, hard=hard, ids=ids, gain=gain):
            size = hard.size
            noise = rng.normal(0, 0.6, hard.shape)
            return Tokens(
                logp=np.minimum(-hard + noise + gain * told[:, None], 0).ravel(),
                start=np.arange(0, size + 1, hard.shape[1]),
                mean=-np.ones(size),
                var=np.ones(size),
                top1=(hard < 1.5).ravel(),
                token=ids.ravel(),
                compressed=np.full(len(told), 90),
                digest="words",
            )

        halves = rng.random((max(n_shadows, 0) // 2, n)) < 0.5
        dealt = [side for half in halves for side in (half, ~half)]
        trained = None
        if dealt:
            means = np.stack([said(row).ragged().mean() for row in dealt])
            trained = Shadows(means, np.stack(dealt))
        references = {} if n_shadows < 0 else {"base": said(np.zeros(n, bool))}
        texts = None if n_shadows < 0 else [" ".join(row) for row in words[ids]]
        yield text_audit(
            said(inside), Membership(inside), texts=texts, references=references, shadows=trained
        )


def recipes():
    """Checks of one's own, which a report of another kind holds."""
    from tacit.attacks import Threshold

    rng = np.random.default_rng(9)
    signals = Signals.of(rng.normal(size=400) + np.repeat([0.5, 0.0], 200), statistic="loss")
    check = tacit.Check("loss", "loss", Threshold(), ("auc",), (tacit.AtMost("auc", 0.6),))
    yield tacit.run([check], signals, Membership(np.arange(400) < 200))


def comparisons():
    """Models side by side, with and without accuracy."""
    reports = [
        membership(gain=gain, title=f"model {gain}", records=True) for gain in (0.3, 1.0, 2.0)
    ]
    yield tacit.compare(reports)
    yield tacit.compare(reports[1:])
    yield tacit.compare([membership(title="a"), membership(3, title="b")])


def explorations():
    """Which setting leaks less."""
    from tacit.audits.explore import explore

    base = np.random.default_rng(0).normal(size=200)

    def train(indices, seed, strength=1.0):
        rng = np.random.default_rng(seed)
        logit = 1.0 + base + rng.normal(size=200)
        logit[indices] += strength
        logits = np.column_stack([np.zeros(200), logit])
        return lambda rows: Outputs(logits=logits, label=np.ones(200, int))

    data = (np.arange(200), np.ones(200, int))
    for variants, options in (
        ({"now": {}, "mild": {"strength": 0.1}}, {"runs": 3}),
        ({"now": {}, "mild": {"strength": 0.1}}, {"runs": 3, "confirm": False}),
        ({"now": {}, "same": {"strength": 1.0}}, {"runs": 3}),
    ):
        yield explore(train, variants, data, seed=2, **options).comparison


KINDS = {
    make.__name__.replace("_", " "): make
    for make in (
        one_model,
        other_outputs,
        shadows,
        claims,
        synthetic,
        attribute,
        unlearning,
        reconstruction,
        properties,
        labels_only,
        text,
        recipes,
        comparisons,
        explorations,
    )
}
