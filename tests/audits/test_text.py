"""The audit of a language model: what it finds, what it refuses, and in which order."""

import json
from dataclasses import replace

import numpy as np
import pytest

import tacit
from tacit.audits.steps.text_extraction import PlantedTexts
from tacit.audits.steps.text_game import Shadows, Suffixes
from tacit.audits.steps.text_gates import overlap_of
from tacit.audits.text import BASE_ONLY, text_audit
from tacit.core import InvalidInput, Membership, Report, Tokens
from tacit.render import rendered

WORDS = np.array([f"word{i}" for i in range(400)])


def world(n=600, *, gain=0.0, seed=0, length=24, shift=0.0, spread=0.6):
    """Tokens of a model that fits members `gain` nats better, of a base, and the texts.

    A text's difficulty is shared by all models, so references help as they do in life.
    """
    rng = np.random.default_rng(seed)
    member = np.arange(n) < n // 2
    words = rng.integers(0, 400, (n, length))
    words[member & (rng.random(n) < shift), 0] = 7
    hard = rng.gamma(4.0, 0.6, (n, length))
    start = np.arange(0, n * length + 1, length)

    def said(inside):
        noise = rng.normal(0, spread, (n, length))
        logp = np.minimum(-hard + noise + gain * inside[:, None], 0)
        return Tokens(
            logp=logp.ravel(),
            start=start,
            mean=-np.ones(n * length),
            var=np.ones(n * length),
            top1=(hard < 1.5).ravel(),
            token=words.ravel(),
            compressed=np.full(n, 90),
            digest="words",
        )

    texts = [" ".join(row) for row in WORDS[words]]
    return said, member, texts


def audited(*, gain=0.0, seed=0, shadows=0, n=600, **options):
    said, member, texts = world(n, gain=gain, seed=seed, **options.pop("world", {}))
    halves = np.random.default_rng(seed + 1).random((shadows // 2, n)) < 0.5
    inside = np.stack([side for half in halves for side in (half, ~half)]) if shadows else None
    found = None
    if inside is not None:
        found = Shadows(np.stack([said(row).ragged().mean() for row in inside]), inside)
    nobody = np.zeros(n, bool)
    given = {"texts": texts, "references": {"base": said(nobody)}, "shadows": found} | options
    return text_audit(said(member), Membership(member), **given)


def test_a_model_that_remembers_is_found():
    report = audited(gain=0.5)
    assert report.finding == "leak"
    assert report.check("error zone, base").estimate("auc").value > 0.8
    assert report.environment["references"] == "base"
    assert BASE_ONLY in report.assumes


def test_every_part_of_the_audit_is_in_the_report_in_its_order():
    report = audited(gain=0.3, world={"length": 110})
    names = [check.name for check in report.checks]
    for name in (
        "log-probability",
        "zlib",
        "Min-K",
        "Min-K++",
        "ratio, base",
        "window votes (WBC), base",
        "error zone, base",
        "error zone (as published), base",
        "tanh vote, base",
        "blind guesser (words of the texts)",
        "base alone (mean_logprob)",
        "extraction beyond the control (50 tokens after 50)",
    ):
        assert name in names, name
    roles = [check.role for check in report.checks]
    assert roles.index("blind") < roles.index("control")
    assert roles.count("blind") == 5


def test_the_report_travels_and_says_the_same_again():
    report = audited(gain=0.5)
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    assert audited(gain=0.5).to_json() == report.to_json()
    assert "word7" not in report.to_json()
    assert str(report)


@pytest.mark.parametrize("suffix", [".html", ".md", ".sarif", ".xml"])
def test_the_report_is_shown_in_every_format(suffix, tmp_path):
    path = audited(gain=0.5, shadows=4).save(tmp_path / f"report{suffix}")
    assert path.stat().st_size > 500


def test_fine_tunes_choose_and_find_more_than_the_base():
    without = audited(gain=0.25)
    report = audited(gain=0.25, shadows=6)
    assert report.finding == "leak"
    assert report.chosen in ("ShadowStack", "EBLiRA", "BASE", "LiRA")
    assert report.environment["n_shadows"] == 6
    best = max(c.estimate("auc").value for c in without.checks if c.role == "attack")
    assert report.check(report.chosen).estimate("auc").value > best
    assert BASE_ONLY not in report.assumes
    assert "error zone, base" in [check.name for check in report.checks]


def test_one_antithetic_pair_is_a_score_of_its_own():
    report = audited(gain=0.25, shadows=2)
    pair = report.check("shadow stack, 2 fine-tunes")
    assert pair.estimate("auc").value > report.check("error zone, base").estimate("auc").value


@pytest.mark.slow
def test_a_model_that_saw_nothing_is_not_accused():
    """5 % is allowed: more than 17 of 200 has a chance below 2 %."""
    wrong = sum(audited(seed=seed, n=300, texts=None).finding == "leak" for seed in range(200))
    assert wrong <= 17


def test_a_split_that_the_texts_give_away_is_refused():
    report = audited(gain=0.5, world={"shift": 0.5})
    assert report.finding == "inconclusive"
    assert report.verdict == "inconclusive"
    assert "giveaway" in report.headline
    assert "sees the texts and never the model" in report.warnings[0]
    assert all(verdict.outcome == "inconclusive" for verdict in report.verdicts)


def test_a_base_model_that_tells_the_sides_apart_shuts_the_second_gate():
    said, member, _ = world(gain=0.5)
    report = text_audit(said(member), Membership(member), references={"base": said(member)})
    assert report.finding == "inconclusive"
    assert "a model that was not trained on these texts" in report.headline
    turned = text_audit(said(member), Membership(member), references={"base": said(~member)})
    assert "giveaway" in turned.headline


def test_gates_stay_shut_with_fine_tunes_too():
    report = audited(gain=0.5, shadows=4, world={"shift": 0.5})
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")


def test_texts_on_both_sides_are_refused_dropped_or_kept():
    said, member, texts = world(200, gain=0.5, length=40)
    tokens = said(member)
    words = tokens.token.reshape(200, 40).copy()
    words[100:106, 4:38] = words[:6, 4:38]
    doubled = Tokens(logp=tokens.logp, start=tokens.start, token=words.ravel())
    truth = Membership(member)
    with pytest.raises(InvalidInput, match=r"6 % of the members.*12 rows.*overlap='drop'"):
        text_audit(doubled, truth, texts=texts)
    dropped = text_audit(doubled, truth, texts=texts, overlap="drop")
    assert dropped.environment["texts_sharing_32_tokens"] == 12
    assert dropped.environment["n_members"] == 94
    kept = text_audit(doubled, truth, texts=texts, overlap="keep")
    assert kept.environment["n_members"] == 100
    with pytest.raises(InvalidInput, match="`overlap`"):
        text_audit(doubled, truth, overlap="ignore")


def test_short_texts_overlap_where_one_stands_whole_in_another():
    said, member, _ = world(200, gain=0.5, length=10)
    tokens = said(member)
    words = tokens.token.reshape(200, 10).copy()
    words[100:110] = words[:10]
    with pytest.raises(InvalidInput, match="Members and non-members overlap"):
        text_audit(
            Tokens(logp=tokens.logp, start=tokens.start, token=words.ravel()), Membership(member)
        )


def test_extraction_is_shown_beside_its_control():
    said, member, texts = world(300, length=110)
    tokens = said(member)
    log_p = np.where(member & (np.arange(300) < 30), -1.0, -200.0)
    log_p[299] = np.nan
    report = text_audit(
        tokens, Membership(member), texts=texts, suffixes=Suffixes(log_p, sampler="top-k 40")
    )
    gain = report.check("extraction beyond the control (50 tokens after 50)")
    assert gain.estimates[0].value == pytest.approx(0.2)
    assert gain.estimates[0].low > 0.1
    assert gain.statistic == "top-k 40"
    assert (gain.n_members, gain.n_nonmembers) == (150, 149)


def test_suffixes_are_what_follows_the_prefix():
    tokens = Tokens(
        logp=[-1.0, -2.0, -4.0, -8.0, -0.5, -np.inf, -1.0], start=[0, 4, 7], sampler="top-k 2"
    )
    found = Suffixes.of(tokens, prefix=1, suffix=2)
    assert found.log_p.tolist() == [-6.0, -np.inf]
    assert np.isnan(Suffixes.of(tokens, prefix=2, suffix=2).log_p).tolist() == [False, True]


def test_short_texts_say_why_nothing_could_be_extracted():
    report = audited(gain=0.5)
    (reason,) = [u.reason for u in report.unknown if "extracted" in u.metric]
    assert "the longest text has 24" in reason


def test_too_few_texts_give_an_inconclusive_report():
    said, member, texts = world(6)
    report = text_audit(said(member), Membership(member), texts=texts)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert report.unknown[0].needed == 4


def test_users_are_the_unit_of_independence():
    said, member, texts = world(400, gain=0.2)
    users = np.arange(400) // 20
    report = text_audit(said(member), Membership(member, users), texts=texts)
    assert report.environment["n_clusters"] == 20
    assert any("Clusters" in text for text in report.assumes)


def test_texts_where_every_token_is_right_are_counted():
    said, member, _ = world(100, gain=0.2)
    tokens = said(member)
    right = np.array(tokens.top1)
    right[: 24 * 3] = True
    changed = Tokens(logp=tokens.logp, start=tokens.start, top1=right)
    report = text_audit(changed, Membership(member))
    assert report.environment["texts_all_right"] == 3


def test_what_was_not_given_is_said():
    said, member, _ = world(gain=0.5)
    questions = [u.metric for u in text_audit(said(member), Membership(member)).unknown]
    assert "is the split itself a giveaway?" in questions
    assert "what does an attacker with references find?" in questions


def test_parts_of_other_texts_are_refused():
    said, member, texts = world(40)
    tokens, truth = said(member), Membership(member)
    with pytest.raises(InvalidInput, match="`texts` needs 40"):
        text_audit(tokens, truth, texts=texts[:-1])
    with pytest.raises(InvalidInput, match=r"`references\['base'\]`"):
        text_audit(tokens, truth, references={"base": tokens.take(np.arange(39))})
    with pytest.raises(InvalidInput, match="`shadows` needs 40"):
        text_audit(
            tokens,
            truth,
            shadows=Shadows(-np.arange(78.0).reshape(2, 39), np.arange(78).reshape(2, 39) % 2 == 0),
        )
    with pytest.raises(InvalidInput, match="one shape"):
        Shadows(np.zeros((2, 39)), np.ones((2, 3), bool))


def test_the_front_door_takes_tokens():
    said, member, _ = world(gain=0.5)
    tokens = said(member)
    sides = {"member": tokens.take(member), "nonmember": tokens.take(~member)}
    base = said(np.zeros(600, bool))
    report = tacit.audit_text(**sides, reference=base, title="mine")
    assert (report.finding, report.title) == ("leak", "mine")
    both = (base.take(member), base.take(~member))
    assert json.loads(tacit.audit_text(**sides, reference={"b": both}, title="mine").to_json())
    with pytest.raises(InvalidInput, match="Tokens already"):
        tacit.audit_text(lambda x: x, **sides)
    with pytest.raises(InvalidInput, match="Without a `model`"):
        tacit.audit_text(member=["a"], nonmember=["b"])
    with pytest.raises(InvalidInput, match="one antithetic pair"):
        tacit.audit_text(**sides, shadows=1)
    with pytest.raises(InvalidInput, match="needs texts to train on"):
        tacit.audit_text(**sides, shadows=2)


def test_the_front_door_takes_a_function_and_texts():
    said, member, texts = world(200, gain=0.6)
    rows = dict(zip(texts, said(member).logp.reshape(200, 24)))
    report = tacit.audit_text(
        lambda asked: [rows[text] for text in asked],
        member=[t for t, inside in zip(texts, member) if inside],
        nonmember=[t for t, inside in zip(texts, member) if not inside],
        cluster=(np.arange(100), np.arange(100, 200)),
        slices={"half": (np.arange(100) % 2, np.arange(100) % 2)},
    )
    assert report.check("zlib")
    assert report.check("half = 1")
    with pytest.raises(InvalidInput, match="`cluster` needs 100 rows"):
        tacit.audit_text(
            lambda asked: [rows[text] for text in asked],
            member=texts[:100],
            nonmember=texts[100:],
            cluster=([1], [2]),
        )
    with pytest.raises(InvalidInput, match="`recipe`"):
        tacit.audit_text(
            lambda asked: [rows[text] for text in asked],
            member=texts[:100],
            nonmember=texts[100:],
            shadows=2,
        )


def said_by(rows):
    """A model as a function, which knows its texts."""
    return lambda asked: [rows[text] for text in asked]


def test_the_same_texts_on_both_sides_are_no_split():
    said, member, texts = world(40, gain=0.5)
    tokens = said(member)
    words = np.tile(tokens.token.reshape(40, 24)[:20], (2, 1))
    same = Tokens(logp=tokens.logp, start=tokens.start, token=words.ravel())
    with pytest.raises(InvalidInput, match="hold the same texts"):
        text_audit(same, Membership(member), texts=texts)
    with pytest.raises(InvalidInput, match="would leave no text of a side"):
        text_audit(same, Membership(member), texts=texts, overlap="drop")


def test_a_text_of_a_few_tokens_is_shared_only_with_its_like():
    words = np.array([5, 1, 2, 5, 4, 9, 9, 9, 9, 9, 9, 9])
    tokens = Tokens(logp=-np.ones(12), start=[0, 1, 5, 12], token=words)
    truth = Membership(np.array([True, False, False]))
    assert overlap_of(tokens, truth).shared.tolist() == [False, False, False]
    doubled = Tokens(logp=-np.ones(12), start=[0, 1, 11, 12], token=[*words[:11], 5])
    assert overlap_of(doubled, truth).shared.tolist() == [True, False, True]


def test_texts_that_are_the_same_count_once():
    said, member, texts = world(400, gain=0.5)
    rows = dict(zip(texts, said(member).logp.reshape(400, 24)))
    report = tacit.audit_text(
        said_by(rows), member=[*texts[:200], *texts[:200]], nonmember=texts[200:]
    )
    assert report.environment["n_clusters"] == 400
    assert report.environment["n_members"] == 400
    assert report.finding == "leak", "a guesser may not learn a text from its own copy"


def test_a_reference_with_another_tokenizer_is_compared_a_byte():
    said, member, texts = world(400, gain=1.0)
    own, base = said(member), said(np.zeros(400, bool))
    sized = replace(own, n_bytes=np.full(400, 150))
    halved = Tokens(
        logp=2 * base.logp.reshape(400, 12, 2).mean(axis=2).ravel(),
        start=np.arange(0, 4801, 12),
        n_bytes=np.full(400, 150),
        digest="other words",
    )
    report = text_audit(sized, Membership(member), texts=texts, references={"small": halved})
    assert report.check("ratio a byte, small").estimate("auc").value > 0.7
    with pytest.raises(InvalidInput, match=r"sizes of the texts.*not known"):
        text_audit(own, Membership(member), references={"small": halved})
    other = replace(halved, n_bytes=np.arange(400) + 1)
    with pytest.raises(InvalidInput, match="another size in bytes in 399 rows"):
        text_audit(sized, Membership(member), references={"small": other})


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (lambda asked: None, "answered with NoneType"),
        (lambda asked: ["x"] * len(asked), "row 0 holds others"),
        (lambda asked: [np.zeros((3, 2))] * len(asked), r"row 0 has shape \(3, 2\)"),
        (lambda asked: [[]] * len(asked), "gave none in 80 rows"),
        (lambda asked: [[-1.0]], "each of 80 texts"),
        (lambda asked: 1 / 0, r"called as model\(texts\).*ZeroDivisionError"),
        ("gpt2", "got str"),
    ],
)
def test_a_function_that_answers_otherwise_is_refused(model, match):
    texts = world(80)[2]
    with pytest.raises(InvalidInput, match=match):
        tacit.audit_text(model, member=texts[:40], nonmember=texts[40:])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"slices": [1]}, "`slices` needs names to pairs"),
        ({"seed": None}, "`seed` needs a whole number"),
        ({"policy": "strict"}, "The policy file `strict` cannot be read"),
        ({"prompts": ["q"] * 80}, "`prompts` needs a pair.*list of 80"),
        ({"prompts": (["q"], "q")}, r"`prompts\[0\]` needs 40"),
        ({"reference": "gpt2"}, "'adapter_off'"),
        ({"shadows": True}, "one antithetic pair"),
    ],
)
def test_settings_that_cannot_be_used_are_named(options, match):
    texts = world(80)[2]

    def model(asked, prompts=None):
        return [np.full(5, -1.0) for _ in asked]

    with pytest.raises(InvalidInput, match=match):
        tacit.audit_text(model, member=texts[:40], nonmember=texts[40:], **options)


def test_the_audited_model_is_no_reference_of_itself():
    texts = world(80)[2]

    def model(asked, prompts=None):
        return [np.full(5, -1.0) for _ in asked]

    sides = {"member": texts[:40], "nonmember": texts[40:]}
    for reference in (model, [model], {"base": model}):
        with pytest.raises(InvalidInput, match="the audited model itself"):
            tacit.audit_text(model, **sides, reference=reference)
    with pytest.raises(InvalidInput, match="which `prompts` forbid"):
        tacit.audit_text(model, **sides, prompts="q", shadows=2)
    rows = [{"prompt": "q", "completion": text} for text in texts[:40]]
    with pytest.raises(InvalidInput, match="need the column 'prompt' both"):
        tacit.audit_text(model, member=rows, nonmember=texts[40:])


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "What can be drawn out"),
        ("de", "Was sich herausholen lässt"),
        ("fr", "Ce qui peut être extrait"),
    ],
)
def test_what_can_be_drawn_out_has_a_section_of_its_own(lang, title):
    said, member, _ = world(120, length=110)
    log_p = np.where(member & (np.arange(120) < 30), -1.0, -200.0)
    coin = np.arange(40) < 20
    score = np.where(coin, 3.0, 0.0) + np.random.default_rng(0).normal(size=40)
    report = text_audit(
        said(member),
        Membership(member, np.arange(120) // 4),
        suffixes=Suffixes(log_p),
        canaries=PlantedTexts(score, coin),
    )
    for suffix in (".txt", ".md", ".html"):
        page = rendered(report, suffix=suffix, lang=lang)
        assert title in page, suffix
    page = rendered(report, suffix=".md", lang=lang)
    section = page.partition(title)[2].partition("\n## ")[0]
    if lang == "en":
        assert "extraction beyond the control (50 tokens after 50)" in section
        assert "exposure of the planted secret exposed most" in section
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    plain = rendered(text_audit(said(member), Membership(member)), suffix=".md", lang=lang)
    assert "exposure of the planted" not in plain
