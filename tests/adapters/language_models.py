"""Small real language models and tokenizers, trained or made here: nothing is downloaded."""

from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

SENTENCES = (
    "The cat sat on the old mat and looked at the rain.",
    "Nine ships left the harbour before the storm began.",
    "She counted 1234 apples, 56 pears and no plums at all.",
    "Über den Dächern der Stadt lag früher Nebel.",
    "Committees decide slowly what a single person decides at once.",
)


@cache
def tokenizer(size=300, *, begin=True):
    """A byte-level BPE tokenizer; `begin` says whether it has a token for the beginning."""
    byte_level = tokenizers.pre_tokenizers.ByteLevel
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = byte_level(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<s>"],
        initial_alphabet=sorted(byte_level.alphabet()),
        show_progress=False,
    )
    made.train_from_iterator(SENTENCES * 20, trainer)
    names = {"bos_token": "<s>"} if begin else {}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **names)


def sizes(width=32, layers=1):
    return {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 2 * width,
    }


@cache
def gpt2(size=300, *, seed=0, context=64):
    """A GPT-2 of 2 layers with random weights and dropout."""
    torch.manual_seed(seed)
    config = transformers.GPT2Config(
        vocab_size=size,
        n_positions=context,
        n_embd=32,
        n_layer=2,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
    )
    return transformers.GPT2LMHeadModel(config)


@cache
def gemma2(size=300):
    """A model that caps its logits after the last layer."""
    torch.manual_seed(1)
    config = transformers.Gemma2Config(
        vocab_size=size,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=64,
        final_logit_softcapping=2.0,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
        **sizes(),
    )
    return transformers.Gemma2ForCausalLM(config)


@cache
def t5(size=300):
    """An encoder-decoder model."""
    torch.manual_seed(2)
    config = transformers.T5Config(
        vocab_size=size,
        d_model=32,
        d_kv=16,
        d_ff=64,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        pad_token_id=0,
    )
    return transformers.T5ForConditionalGeneration(config)


def some_texts(n=25, *, seed=0, most=60):
    """Pieces of sentences of 3 to `most` characters."""
    rng = np.random.default_rng(seed)
    whole = " ".join(SENTENCES) * 3
    begins = rng.integers(0, len(whole) - most, n)
    return [whole[b : b + size] for b, size in zip(begins, rng.integers(3, most, n))]


def by_hand(model, ids):
    """Log-probabilities of a single row after its first token, and of the whole vocabulary."""
    with torch.no_grad():
        logits = model.eval()(input_ids=torch.tensor([ids])).logits[0, :-1].double()
    log_p = torch.log_softmax(logits, -1).numpy()
    return log_p[np.arange(len(ids) - 1), ids[1:]], log_p
