"""`tacit text`: tokens of a language model, its audit, and the gate that needs no model."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacit.cli.writing import add_output_options, check_outputs, deliver

if TYPE_CHECKING:
    from tacit.core import Tokens

ABOUT = """\
Audits a language model: which texts was it trained on, and what can be drawn out of it?

  tokens   asks a model for the log-probability of every token of some texts, and keeps numbers only
  audit    audits from such numbers, or from a model and texts at once
  gate     tells whether the two sides can be told apart without any model; if so, no audit can help
"""
EPILOG = """\
files: texts are .jsonl (an object with the column `text`, or a string, a line) or .txt (a text a
line), also with .gz; what `tacit text tokens` wrote is .npz.

exit codes: 0 pass, 1 fail, 2 inconclusive under the policy; 3 wrong usage or unreadable input

examples:
  tacit text gate --member members.jsonl --nonmember nonmembers.jsonl
  tacit text tokens --model ./my-model --texts members.jsonl --out members.npz
  tacit text audit --member members.npz --nonmember nonmembers.npz --reference base_t.npz base_o.npz
  tacit text audit --model ./my-model --reference ./base --shadows 2 --epochs 3 --lr 5e-5 \\
      --member members.jsonl --nonmember nonmembers.jsonl --html report.html
  tacit text audit --model ./my-model --member members.jsonl --nonmember nonmembers.jsonl \\
      --prefix 32 --suffix 16 --tries 10000 --top-k 10 --canaries canaries.npz
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its parts."""
    kind = argparse.RawDescriptionHelpFormatter
    command = commands.add_parser(
        "text",
        help="audit a language model",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=kind,
    )
    parts = command.add_subparsers(title="parts", metavar="PART", required=True)
    for name, told, run in (
        ("tokens", "ask a model about texts, keep the numbers", _tokens),
        ("audit", "audit a language model", _audit),
        ("gate", "can the sides be told apart without a model?", _gate),
    ):
        part = parts.add_parser(
            name, help=told, description=ABOUT, epilog=EPILOG, formatter_class=kind
        )
        part.add_argument("--column", default="text", metavar="NAME", help="the texts in a .jsonl")
        part.set_defaults(run=run)
        if name == "tokens":
            _add_tokens(part)
        else:
            part.add_argument("--member", metavar="FILE", required=True, help="what was trained on")
            part.add_argument("--nonmember", metavar="FILE", required=True, help="what was not")
            part.add_argument(
                "--level", type=float, default=0.95, help="confidence (default: %(default)s)"
            )
            part.add_argument(
                "--seed", type=int, default=0, help="of all draws (default: %(default)s)"
            )
        if name == "audit":
            _add_audit(part)


def _add_model(part: argparse.ArgumentParser, *, required: bool) -> None:
    part.add_argument(
        "--model", metavar="DIR|URL", required=required, help="a folder, or a server's .../v1"
    )
    part.add_argument("--served-model", default="", metavar="NAME", help="its name at the server")
    part.add_argument("--context", type=int, metavar="N", help="tokens of a forward pass")
    part.add_argument("--windows", action="store_true", help="score longer texts in windows")


def _add_tokens(part: argparse.ArgumentParser) -> None:
    _add_model(part, required=True)
    part.add_argument("--texts", metavar="FILE", required=True, help="the texts")
    part.add_argument("--out", metavar="FILE.npz", required=True, help="where the numbers go")
    part.add_argument("--quiet", action="store_true", help="no progress")


def _add_audit(part: argparse.ArgumentParser) -> None:
    _add_model(part, required=False)
    part.add_argument(
        "--reference",
        metavar="DIR|FILE",
        nargs="+",
        help="a model that saw none of the texts: a folder, or two .npz (members, non-members)",
    )
    part.add_argument("--shadows", type=int, default=0, metavar="K", help="fine-tunes to train")
    part.add_argument("--epochs", type=int, default=3, help="of a fine-tune (default: %(default)s)")
    part.add_argument("--lr", type=float, default=5e-5, help="of a fine-tune (default: 5e-5)")
    part.add_argument("--batch-size", type=int, default=16, help="of a fine-tune (default: 16)")
    part.add_argument("--store", metavar="DIR", help="where fine-tunes are kept; a run goes on")
    part.add_argument(
        "--prefix",
        type=int,
        default=50,
        metavar="N",
        help="tokens the attacker gives (default: 50)",
    )
    part.add_argument(
        "--suffix", type=int, default=50, metavar="N", help="tokens he wants back (default: 50)"
    )
    part.add_argument(
        "--tries",
        type=float,
        default=1000.0,
        metavar="N",
        help="answers he asks for, a text (default: 1000)",
    )
    part.add_argument("--top-k", type=int, metavar="K", help="of the sampler (default: no cut)")
    part.add_argument("--top-p", type=float, metavar="P", help="of the sampler (default: no cut)")
    part.add_argument(
        "--temperature", type=float, default=1.0, metavar="T", help="of the sampler (default: 1)"
    )
    part.add_argument("--canaries", metavar="FILE.npz", help="planted texts, with their coins")
    part.add_argument(
        "--overlap",
        choices=("refuse", "drop", "keep"),
        default="refuse",
        help="what to do with texts that stand on both sides (default: %(default)s)",
    )
    part.add_argument("--policy", metavar="FILE.toml", help="the limits")
    part.add_argument("--title", default="", help="the model's name in the report")
    part.add_argument(
        "--records",
        action="store_true",
        help="keep per-record scores; they say who was a member: do not publish",
    )
    part.add_argument(
        "--passages",
        type=int,
        default=0,
        metavar="N",
        help="show so many passages that come out, word for word; do not publish them",
    )
    part.add_argument("--quiet", action="store_true", help="no progress")
    add_output_options(part)


def _tokens(arguments: argparse.Namespace) -> int:
    from tacit.adapters.language import tokens_of
    from tacit.adapters.text_files import read_texts
    from tacit.cli.progress import Progress
    from tacit.core import InvalidInput

    if Path(arguments.out).suffix != ".npz":
        raise InvalidInput(f"--out needs a file name that ends in .npz, got `{arguments.out}`.")
    texts = read_texts(arguments.texts, column=arguments.column)
    model, tokenizer = _loaded(arguments.model, arguments.served_model)
    progress = Progress(quiet=arguments.quiet)
    found = tokens_of(
        model,
        tokenizer,
        texts,
        context=arguments.context,
        long="windows" if arguments.windows else "refuse",
        progress=lambda done, of: progress("texts", done, of),
    )
    progress.close()
    found.save(arguments.out)
    windows = f", {found.n_windowed} in windows" if found.n_windowed else ""
    print(f"{found.n:,} texts, {found.n_tokens:,} tokens{windows}: {arguments.out}")
    return 0


def _gate(arguments: argparse.Namespace) -> int:
    import numpy as np

    from tacit.adapters.text_files import read_texts
    from tacit.audits.steps.text_gates import (
        blind_results,
        can_be_refused,
        gate_warning,
        overlap_of,
        require_apart,
    )
    from tacit.core import Membership
    from tacit.core.checking import whole

    sides = [
        read_texts(name, column=arguments.column)
        for name in (arguments.member, arguments.nonmember)
    ]
    truth = Membership(np.repeat([True, False], [len(side) for side in sides]))
    texts = [*sides[0], *sides[1]]
    whole(arguments.seed, "seed", least=0)
    require_apart(overlap_of(None, truth, texts))
    found = blind_results(texts, truth, level=arguments.level, seed=arguments.seed)
    for result in found:
        area = result.estimates[0] if result.estimates else result.reason
        adjusted = "" if result.p_adjusted is None else f", p = {result.p_adjusted:.3g} (Holm)"
        print(f"{result.name}: {area}{adjusted}")
    warning = gate_warning(found, ())
    if warning:
        print(f"Shut: {warning}")
    elif not can_be_refused(truth) or all(result.p_value is None for result in found):
        print("Not known: so few texts cannot be told apart, whatever they are.")
    else:
        print("Open: no guesser told the sides apart without the model.")
        return 0
    return 2


def _audit(arguments: argparse.Namespace) -> int:
    from tacit._audit_text import audit_text
    from tacit.cli.progress import Progress
    from tacit.core import DEFAULT_POLICY, Policy, Sampler
    from tacit.design import TextCanaries

    check_outputs(arguments)
    policy = Policy.from_toml(arguments.policy) if arguments.policy else DEFAULT_POLICY
    model, tokenizer = (
        (None, None)
        if arguments.model is None
        else _loaded(arguments.model, arguments.served_model)
    )
    sides = [_side(name, arguments) for name in (arguments.member, arguments.nonmember)]
    reference = _reference(arguments.reference)
    progress = Progress(quiet=arguments.quiet)
    report = audit_text(
        model,
        tokenizer,
        member=sides[0],
        nonmember=sides[1],
        reference=reference,
        shadows=arguments.shadows,
        recipe=_recipe(arguments, reference, tokenizer, sides),
        store=arguments.store,
        context=arguments.context,
        long="windows" if arguments.windows else "refuse",
        sampler=Sampler(arguments.temperature, arguments.top_k, arguments.top_p),
        prefix=arguments.prefix,
        suffix=arguments.suffix,
        tries=arguments.tries,
        canaries=TextCanaries.load(arguments.canaries) if arguments.canaries else None,
        overlap=arguments.overlap,
        policy=policy,
        level=arguments.level,
        seed=arguments.seed,
        title=arguments.title or Path(arguments.model or arguments.member).stem,
        records=arguments.records,
        passages=arguments.passages,
        command=_command(),
        progress=progress,
    )
    progress.close()
    deliver(report, arguments)
    return report.exit_code


def _loaded(place: str, served: str) -> tuple[Any, Any]:
    from tacit.adapters.completions import Endpoint
    from tacit.adapters.text_files import load_model
    from tacit.core import InvalidInput

    if not place.startswith(("http://", "https://")):
        return load_model(place)
    if not served:
        raise InvalidInput("A server needs --served-model, the model's name there.")
    return Endpoint(place, served), None


def _side(name: str, arguments: argparse.Namespace) -> "list[str] | Tokens":
    from tacit.adapters.text_files import read_texts
    from tacit.core import Tokens

    if Path(name).suffix == ".npz":
        return Tokens.load(name)
    return read_texts(name, column=arguments.column)


def _reference(names: list[str] | None) -> Any:
    from tacit.adapters.text_files import load_model
    from tacit.core import InvalidInput, Tokens

    if names is None:
        return None
    if all(Path(name).suffix == ".npz" for name in names):
        if len(names) > 2:
            raise InvalidInput(f"--reference takes one or two .npz files, got {len(names)}.")
        return Tokens.concatenate([Tokens.load(name) for name in names])
    if len(names) != 1:
        raise InvalidInput(f"--reference takes one folder or two .npz files, got {names}.")
    return load_model(names[0])[0]


def _recipe(arguments: argparse.Namespace, base: Any, tokenizer: Any, sides: list[Any]) -> Any:
    """How to fine-tune, and what it will take, said before it begins."""
    from tacit.adapters.language import tokens_of
    from tacit.core import InvalidInput, Tokens
    from tacit.training import FineTune

    if arguments.shadows == 0:
        return None
    if not hasattr(base, "get_output_embeddings") or isinstance(sides[0], Tokens):
        raise InvalidInput("--shadows needs --reference with the base model's folder, and texts.")
    recipe = FineTune(
        base,
        tokenizer,
        tokens_of,
        epochs=arguments.epochs,
        lr=arguments.lr,
        batch_size=arguments.batch_size,
    )
    seconds = recipe.seconds([*sides[0], *sides[1]], arguments.shadows)
    print(f"{arguments.shadows} fine-tunes will take about {seconds:.0f} s", file=sys.stderr)
    return recipe


def _command() -> str:
    """How the report was made, without the folders of this machine."""
    words = [Path(word).name if "/" in word else word for word in sys.argv[1:]]
    return " ".join(["tacit", *words]) if words[:2] == ["text", "audit"] else "tacit text audit"
