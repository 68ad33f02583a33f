"""What a language model remembers: by which references it is found, and from how many repeats on it
can be drawn out.

    python examples/language_model_memorisation.py --data /path/to/texts --out results/

`--data` is a folder with ``wikitext2_valid.txt.gz`` (text), ``text_wikipedia.jsonl.gz`` and
``text_nih_exporter.jsonl.gz`` (one JSON object with a ``text`` a line). A decoder of half a million
parameters is trained on WikiText-2; then eight fine-tunes of it, each on half of 2,000 documents,
in antithetic pairs. Each is once the audited model, with the others but its mate as references.
One more fine-tune sees some documents up to 64 times. About four minutes of one CPU core. Writes
``language.json`` and ``language.md`` (the numbers) and two pictures; fine-tunes are kept in
``--out`` and not trained again.
"""

import argparse
import gzip
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.language import tokens_of
from tacit.attacks import ShadowStack
from tacit.audits.steps.text_columns import TokenColumns
from tacit.audits.steps.text_game import Shadows, Suffixes
from tacit.audits.steps.text_scores import against, scores_of
from tacit.core import Sampler, Signals, Tokens
from tacit.metrics import auc, tpr_at_fpr
from tacit.metrics.memorization import extraction_rate, extraction_share
from tacit.signals import reference as beside
from tacit.training import FineTune, ShadowRun, fine_tunes

# the model: small enough to be trained in half a minute, large enough to remember
VOCABULARY, CONTEXT, WIDTH = 1024, 64, 128
RATE, DECAY = 2e-3, 0.01
# extraction: what is given, what must come out, and how a text is sampled
PREFIX, SUFFIX, TRIES, SAMPLER = 32, 16, 10_000, Sampler(top_k=10)
REPEATS, COPIES, ONCE = (1, 2, 4, 8, 16, 32, 64), 8, 400
COLOURS = ("#0072B2", "#D55E00", "#009E73")


def documents(folder: Path, name: str) -> list[str]:
    """The texts of one file."""
    with gzip.open(folder / name, "rt", encoding="utf8") as file:
        return [json.loads(line)["text"] for line in file]


def trained_tokenizer(text: str) -> Any:
    """A byte-level BPE tokenizer of its own."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    made.train_from_iterator([text], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>")


def base_model(tokenizer: Any, text: str) -> Any:
    """A decoder of half a million parameters after one pass over `text`."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    sizes = {"vocab_size": VOCABULARY, "n_positions": 2 * CONTEXT, "n_embd": WIDTH}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    off = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    model = GPT2LMHeadModel(GPT2Config(**sizes, **ends, **off, n_layer=2, n_head=4))
    recipe = FineTune(
        model,
        tokenizer,
        tokens_of,
        epochs=1,
        batch_size=32,
        lr=RATE,
        weight_decay=DECAY,
        context=CONTEXT,
    )
    return recipe.fit([text], None, np.array([0]), 0).model


def cut(tokenizer: Any, text: str, n: int) -> str:
    """The beginning of a text, `n` tokens long."""
    spans = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return text[: spans["offset_mapping"][:n][-1][1]]


def rates(score: NDArray[np.floating], member: NDArray[np.bool_]) -> tuple[float, float, float]:
    """AUC, and the share of members found at 1 % and at 0.1 % false alarms."""
    outside = np.sort(score[~member])
    # about 1,000 non-members: 0.1 % of them is one
    one_alarm = float(np.mean(score[member] > outside[-2]))
    return auc(score, member).value, tpr_at_fpr(score, member, fpr=0.01).value, one_alarm


def by_references(
    run: ShadowRun, tokens: Sequence[Tokens], base: Tokens
) -> dict[str, list[tuple[float, float, float]]]:
    """What each score finds, by the references that it has; one triple an audited model."""
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for model, own in enumerate(tokens):
        inside = run.member[model]
        others = [index for index in range(len(tokens)) if index // 2 != model // 2]
        for score in scores_of(own, {"base model": base}):
            found[score.name].append(rates(score.value, inside))
        # one model that was fine-tuned on other documents: texts that it did not see
        unseen = ~run.member[others[0]]
        for score in against(own, tokens[others[0]], "one fine-tune"):
            found[score.name].append(rates(score.value[unseen], inside[unseen]))
        for k in (2, 4, 6):
            value = beside.base_ratio(own, [tokens[index] for index in others[:k]])
            found[f"BASE, {k} fine-tunes"].append(rates(value, inside))
            signals = Signals.of(
                run.shadow[model],
                shadow=run.shadow[others[:k]],
                shadow_member=run.member[others[:k]],
                statistic="loss",
            )
            found[f"shadow stack, {k} fine-tunes"].append(rates(ShadowStack()(signals), inside))
            if k == 2:
                continue
            shadows = Shadows(
                run.shadow[others[:k], :, 0],
                run.member[others[:k]],
                tuple(tokens[index] for index in others[:k]),
            )
            stack = ShadowStack(beside=TokenColumns(own, run.shadow[model, :, 0], shadows))
            name = f"shadow stack with token columns, {k} fine-tunes"
            found[name].append(rates(stack(signals), inside))
    return dict(found)


def by_repeats(
    recipe: FineTune, texts: Sequence[str], run: ShadowRun, tokens: Sequence[Tokens]
) -> list[dict[str, Any]]:
    """One more model, trained on some texts up to 64 times: what is found of it, by repeats."""
    order = np.random.default_rng(1).permutation(len(texts))
    groups = {0: order[:ONCE], 1: order[ONCE : 2 * ONCE]}
    at = 2 * ONCE
    for repeats in REPEATS[1:]:
        groups[repeats] = order[at : at + COPIES]
        at += COPIES
    trained = [
        texts[row] for repeats, rows in groups.items() for row in rows for _ in range(repeats)
    ]
    model = recipe.fit(trained, None, np.arange(len(trained)), 99).model
    own = tokens_of(model, recipe.tokenizer, texts)
    log_p = Suffixes.of(
        tokens_of(model, recipe.tokenizer, texts, sampler=SAMPLER), prefix=PREFIX, suffix=SUFFIX
    ).log_p
    outside = np.where(run.member, -np.inf, run.shadow[:, :, 0].astype(np.float64))
    top = outside.max(axis=0)
    usual = top + np.log(np.exp(outside - top).sum(axis=0) / (~run.member).sum(axis=0))
    score = own.ragged().mean() - usual
    rows = []
    for repeats, group in groups.items():
        known, control = (values[~np.isnan(values)] for values in (log_p[group], log_p[groups[0]]))
        share = extraction_share(known, n=TRIES)
        row = {"repeats": repeats, "texts": len(known), "extracted": _ends(share)}
        if repeats:
            pair = np.r_[score[group], score[groups[0]]]
            area = auc(pair, np.arange(len(pair)) < len(group))
            more = extraction_rate(known, control, n=TRIES)
            row |= {"beyond control": _ends(more), "membership AUC": _ends(area)}
        rows.append(row)
    return rows


def _ends(estimate: Any) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def table(found: dict[str, list[tuple[float, float, float]]], rows: list[dict[str, Any]]) -> str:
    """Both results as Markdown."""
    lines = ["| score and references | AUC | members found at 1 % | at 0.1 % |"]
    lines.append("|---|---|---|---|")
    for name, each in found.items():
        values = np.array(each)
        spread = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        cells = [f"{m:.3f} ± {s:.3f}" for m, s in zip(values.mean(axis=0), spread)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "| times in training | texts | extracted | beyond the control | membership AUC |"]
    lines.append("|---|---|---|---|---|")
    for row in rows:
        cells = [_cell(row.get(key)) for key in ("extracted", "beyond control", "membership AUC")]
        lines.append(f"| {row['repeats']} | {row['texts']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(ends: tuple[float, float, float] | None) -> str:
    return "–" if ends is None else f"{ends[0]:.3f} ({ends[1]:.3f} to {ends[2]:.3f})"


def draw_references(found: dict[str, list[tuple[float, float, float]]], path: Path) -> None:
    """Members found at 1 % false alarms, by references."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = {
        "log-probability": "the model alone: log-probability",
        "Min-K++": "the model alone: Min-K++",
        "window votes (WBC), base model": "base model: window votes",
        "error zone, base model": "base model: error zone",
        "error zone, one fine-tune": "one fine-tune: error zone",
        "BASE, 2 fine-tunes": "a pair of fine-tunes: BASE",
        "shadow stack, 2 fine-tunes": "a pair of fine-tunes: shadow stack",
        "shadow stack, 6 fine-tunes": "six fine-tunes: shadow stack",
    }
    colour = [COLOURS[1]] * 2 + [COLOURS[2]] * 2 + [COLOURS[0]] * 4
    values = np.array([np.array(found[name])[:, 1] for name in shown])
    figure, axes = pyplot.subplots(figsize=(6.4, 3.0), layout="constrained")
    place = np.arange(len(shown))[::-1]
    axes.barh(place, values.mean(axis=1), color=colour, height=0.7)
    axes.plot(values, place, "o", color="black", markersize=2, alpha=0.5)
    axes.set_yticks(place, list(shown.values()), fontsize=8)
    axes.set_xlim(0, 1)
    axes.set_xlabel("members found at 1 % false alarms (points: 8 audited models)", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def draw_repeats(rows: list[dict[str, Any]], path: Path) -> None:
    """Membership and extraction against repeats."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    seen = [row for row in rows if row["repeats"]]
    x = np.array([row["repeats"] for row in seen])
    figure, axes = pyplot.subplots(figsize=(6.4, 3.0), layout="constrained")
    for key, label, colour in (
        ("membership AUC", "membership: AUC", COLOURS[0]),
        ("extracted", f"extraction: share, {TRIES:,} samples", COLOURS[1]),
    ):
        value, low, high = np.array([row[key] for row in seen]).T
        axes.plot(x, value, "o-", color=colour, markersize=4)
        axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.annotate(
            label,
            (x[1], value[1]),
            (0, 8),
            textcoords="offset points",
            color=colour,
            fontsize=8,
            ha="center",
        )
    axes.axhline(rows[0]["extracted"][0], color=COLOURS[1], linestyle=":", linewidth=1)
    axes.set_xscale("log", base=2)
    axes.set_xticks(x, [str(value) for value in x], fontsize=8)
    axes.set_ylim(-0.03, 1.12)
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel("times in the training set (dotted: extraction of the control)", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> None:
    """Train, audit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("language"))
    parser.add_argument("--models", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    began = time.process_time()
    with gzip.open(arguments.data / "wikitext2_valid.txt.gz", "rt", encoding="utf8") as file:
        corpus = file.read()
    tokenizer = trained_tokenizer(corpus)
    base = base_model(tokenizer, corpus)
    print(f"base model after {time.process_time() - began:.0f} CPU s")
    whole = [
        text
        for name in ("text_wikipedia.jsonl.gz", "text_nih_exporter.jsonl.gz")
        for text in documents(arguments.data, name)
    ]
    texts = [cut(tokenizer, text, CONTEXT - 1) for text in whole]
    recipe = FineTune(
        base,
        tokenizer,
        tokens_of,
        epochs=arguments.epochs,
        lr=RATE,
        weight_decay=DECAY,
        schedule="linear",
        context=CONTEXT,
    )
    price = recipe.seconds(texts, arguments.models)
    print(f"{arguments.models} fine-tunes will take about {price:.0f} s")
    run, tokens = fine_tunes(recipe, texts, n=arguments.models, store=arguments.out / "fine-tunes")
    print(f"fine-tunes after {time.process_time() - began:.0f} CPU s")
    found = by_references(run, tokens, tokens_of(base, tokenizer, texts))
    rows = by_repeats(recipe, texts, run, tokens)
    seconds = time.process_time() - began
    written = f"{table(found, rows)}\n\n{seconds:.0f} CPU s.\n"
    (arguments.out / "language.md").write_text(written, encoding="utf8")
    plain = {"references": found, "repeats": rows, "seconds": seconds}
    (arguments.out / "language.json").write_text(json.dumps(plain, indent=1), encoding="utf8")
    draw_references(found, arguments.out / "language_references.png")
    draw_repeats(rows, arguments.out / "language_repeats.png")
    print(written)


if __name__ == "__main__":
    main()
