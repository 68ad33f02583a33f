"""What TFX's files hold, record by record: examples to ask a model about, and answers that
BulkInferrer wrote.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.optional import require

PURPOSE = "The component for TFX"
# records read, and asked about, at a time
BATCH = 256
Parse = Callable[[bytes], tuple[Any, Any]]
Ask = Callable[[Any], NDArray[Any]]


def example_pair(raw: bytes, *, label_key: str, answer_key: str = "") -> tuple[Any, Any]:
    """Input and label of a serialised ``tf.train.Example``; with `answer_key` the answer that
    stands in that feature takes the place of the input.

    Raises
    ------
    InvalidInput : it is no such example, or a feature is not there.
    """
    example = _example(raw)
    answer = _numbers(example, answer_key) if answer_key else raw
    return answer, _label(example, label_key)


def log_pair(raw: bytes, *, label_key: str, output_key: str = "") -> tuple[Any, Any]:
    """Answer and label of a serialised ``PredictionLog``, as BulkInferrer writes them for the
    signatures predict, classify and regress.

    Raises
    ------
    InvalidInput : it is of another kind, or the output or label is not there.
    """
    log = _apis("prediction_log_pb2").PredictionLog.FromString(raw)
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        example, answer = _predicted(log.predict_log, output_key)
    elif kind == "classify_log":
        example = _one_example(log.classify_log.request)
        answer = _classified(log.classify_log.response.result.classifications[0].classes)
    elif kind == "regress_log":
        example = _one_example(log.regress_log.request)
        answer = np.array([log.regress_log.response.result.regressions[0].value])
    else:
        raise InvalidInput(
            "A prediction log needs the answer of one signature (predict, classify or regress), got"
            f" {kind or 'an empty one'}. Give BulkInferrer one `model_signature_name`."
        )
    return answer, _label(example, label_key)


def _predicted(log: Any, output_key: str) -> tuple[Any, NDArray[Any]]:
    asked = list(log.request.inputs.values())
    texts = [text for tensor in asked for text in tensor.string_val]
    if len(texts) != 1:
        raise InvalidInput(
            f"A prediction log needs one serialised example as input, got {len(texts)}. Let the"
            " signature take serialised examples."
        )
    answers = log.response.outputs
    key = chosen(list(answers), output_key)
    tensorflow = require("tensorflow", extra="tfx", purpose=PURPOSE)
    return _example(texts[0]), np.asarray(tensorflow.make_ndarray(answers[key]))[0]


def _one_example(request: Any) -> Any:
    return request.input.example_list.examples[0]


def _classified(classes: Any) -> NDArray[np.float64]:
    """Scores by the number of the class: in their order where the classes have no names."""
    names = [item.label for item in classes]
    if not any(names):
        return np.array([item.score for item in classes])
    if sorted(names) != sorted(str(number) for number in range(len(names))):
        raise InvalidInput(
            f"Classes need the numbers 0 to {len(names) - 1} as names, got {', '.join(names[:9])}."
            " Use a signature that answers with a tensor of scores (predict)."
        )
    return np.array([score for _, score in sorted((int(c.label), c.score) for c in classes)])


def chosen(names: list[str], key: str) -> str:
    """The output named `key`, or the only one.

    Raises
    ------
    InvalidInput : there are several and none is named, or the named one is not there.
    """
    found = key or (names[0] if len(names) == 1 else "")
    if found not in names:
        raise InvalidInput(
            f"`output_key` needs one of the model's outputs {', '.join(sorted(names))}, got"
            f" {key!r}."
        )
    return found


def _example(raw: bytes) -> Any:
    tensorflow: Any = require("tensorflow", extra="tfx", purpose=PURPOSE)
    message: Any = require("google.protobuf.message", extra="tfx", purpose=PURPOSE)
    try:
        return tensorflow.train.Example.FromString(raw)
    except message.DecodeError as error:
        raise InvalidInput(
            "`examples` need records of the type tf.train.Example; these are of another type."
        ) from error


def _numbers(example: Any, key: str) -> NDArray[Any]:
    feature = example.features.feature.get(key)
    kind = "" if feature is None else feature.WhichOneof("kind")
    if feature is None or kind not in ("int64_list", "float_list"):
        raise InvalidInput(
            f"The examples need numbers in the feature `{key}`, got {kind or 'none'}; there are"
            f" {', '.join(sorted(example.features.feature))}."
        )
    return np.asarray(getattr(feature, kind).value)


def _label(example: Any, key: str) -> Any:
    values = _numbers(example, key)
    if len(values) != 1:
        raise InvalidInput(f"The feature `{key}` needs one number a record, got {len(values)}.")
    return values[0].item()


def model_answers(path: str, signature: str, output_key: str) -> Ask:
    """A saved model as a function from serialised examples to answers.

    Raises
    ------
    InvalidInput : the signature or the output is not there; says which there are.
    """
    tensorflow: Any = require("tensorflow", extra="tfx", purpose=PURPOSE)
    loaded = tensorflow.saved_model.load(path)
    if signature not in loaded.signatures:
        there = ", ".join(loaded.signatures)
        raise InvalidInput(f"The model has no signature `{signature}`; it has {there}.")
    arguments = loaded.signatures[signature].structured_input_signature[1]
    if len(arguments) != 1:
        raise InvalidInput(
            f"The signature `{signature}` needs one input, serialised examples, and has"
            f" {', '.join(arguments)}."
        )
    (argument,) = arguments

    def ask(serialised: Any) -> NDArray[Any]:
        # asked through `loaded`, as a signature does not keep its model's variables alive
        answers = loaded.signatures[signature](**{argument: tensorflow.constant(serialised)})
        return np.asarray(answers[chosen(list(answers), output_key)])

    return ask


def given_answers() -> Ask:
    """Answers that the files hold already."""
    return np.asarray


def outputs_here(
    patterns: Mapping[str, str], parse: Parse, load: Callable[[], Ask], kind: Any
) -> dict[str, Outputs]:
    """Read and score files (`patterns` by side) in this process, which then holds all answers.

    Raises
    ------
    InvalidInput : a side has no record, or the answers and labels do not fit.
    """
    from tacit.adapters.answers import answered

    ask = load()
    found = {}
    for side, pattern in patterns.items():
        stream = _batches(parse, _raw_records(pattern))
        found[side] = answered(ask, stream, kind=kind or "auto")
    return found


def outputs_by_beam(
    patterns: Mapping[str, str],
    parse: Parse,
    load: Callable[[], Ask],
    kind: str,
    *,
    folder: str,
    pipeline: Any,
) -> dict[str, Outputs]:
    """The same by Beam's workers; only one loss and one class a record come back.

    Parameters
    ----------
    patterns, parse, load, kind : as in `outputs_here`; `kind` has to be given.
    folder : for the shards, which every worker must reach; deleted at the end.
    pipeline : a Beam pipeline that has not run.

    Raises
    ------
    InvalidInput : `kind` is none of Beam's, or a side has no record.
    """
    from tacit.integrations.beam import ScoreShards, scored

    beam: Any = require("apache_beam", extra="beam", purpose="Scoring with Beam")
    files: Any = require("tfx.dsl.io.fileio", extra="tfx", purpose=PURPOSE)
    try:
        with pipeline as flow:
            for side, pattern in patterns.items():
                raw = flow | f"read {side}" >> beam.io.ReadFromTFRecord(pattern)
                pairs = raw | f"parse {side}" >> beam.Map(parse)
                _ = pairs | f"score {side}" >> ScoreShards(load, f"{folder}/{side}", kind=kind)
        return {side: scored(f"{folder}/{side}") for side in patterns}
    finally:
        # losses of single members are not for the pipeline's store
        if files.exists(folder):
            files.rmtree(folder)


def _raw_records(pattern: str) -> Iterator[bytes]:
    """Records of all files, one file after the other."""
    tensorflow: Any = require("tensorflow", extra="tfx", purpose=PURPOSE)
    for path in sorted(tensorflow.io.gfile.glob(pattern)):
        packed = "GZIP" if path.endswith(".gz") else ""
        yield from tensorflow.data.TFRecordDataset(
            path, compression_type=packed
        ).as_numpy_iterator()


def _batches(parse: Parse, records: Iterable[bytes]) -> Iterator[tuple[Any, NDArray[Any]]]:
    rows = map(parse, records)
    while batch := list(islice(rows, BATCH)):
        inputs, labels = zip(*batch)
        yield list(inputs), np.asarray(labels)


def _apis(name: str) -> Any:
    return require(f"tensorflow_serving.apis.{name}", extra="tfx", purpose=PURPOSE)
