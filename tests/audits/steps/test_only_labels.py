"""A model that answers only with a label: what cannot be read as its labels is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.tree import DecisionTreeClassifier

from tacit import InvalidInput, audit_label_only

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 2))
Y = (X[:, 0] + RNG.normal(size=120) > 0).astype(int)
TREE = DecisionTreeClassifier(random_state=0).fit(X[:60], Y[:60])


def audit(model=TREE, x=X, y=Y, **options):
    given = {"scales": (0.3,), "n_copies": 2} | options
    return audit_label_only(model, train=(x[:60], y[:60]), test=(x[60:], y[60:]), **given)


# case: (call, what the error says)
REFUSED = {
    "words for the numbers of the model": (
        lambda: audit(y=np.array(["no", "yes"])[Y]),
        "answers with 0, 1, and `y`.*other labels, 'no', 'yes'",
    ),
    "numbers as text": (lambda: audit(y=Y.astype(str)), "answers with 0, 1.*'0', '1'"),
    "one probability for a label": (
        lambda: audit(lambda x: 1 / (1 + np.exp(-x[:, 0]))),
        "other labels, 0.0, 1.0",
    ),
    "labels at random": (
        lambda: audit(lambda x: RNG.integers(0, 2, len(x))),
        "% of 60 records another label when asked twice",
    ),
    "a model that fails": (lambda: audit(lambda x: x.labels), "could not answer: AttributeError"),
    "a class": (lambda: audit(DecisionTreeClassifier), "the class DecisionTreeClassifier"),
    "one scale alone": (lambda: audit(scales=0.1), "`scales` needs a list"),
    "a scale of nothing": (lambda: audit(scales=(0.1, 0.0)), "`scales` needs numbers above 0"),
    "a scale in words": (lambda: audit(scales=["small"]), "`scales`.*got 'small'"),
    "no copies": (lambda: audit(n_copies=0), "`n_copies`"),
    "one augmentation alone": (lambda: audit(augmentations=abs), "`augmentations` needs a list"),
    "names of augmentations": (lambda: audit(augmentations=["flip"]), "functions, got 'flip'"),
    "an augmentation that fails": (
        lambda: audit(augmentations=[lambda x: x.flip]),
        "An augmentation failed: AttributeError",
    ),
}


@pytest.mark.parametrize(("call", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_label_of_the_model_is_refused(call, said):
    with pytest.raises(InvalidInput, match=said):
        call()


def test_a_model_fitted_on_a_frame_is_asked_about_frames():
    """Noise on bare arrays made scikit-learn warn, and functions of columns fail."""
    frame = pd.DataFrame(X, columns=["a", "b"])
    tree = DecisionTreeClassifier(random_state=0).fit(frame[:60], Y[:60])
    named = audit(tree, frame)
    assert named.score.value == audit().score.value
    assert audit(lambda x: (x["a"] > 0).astype(int), frame).chosen


def test_a_model_fitted_on_a_polars_frame_is_asked_about_those():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    assert audit(lambda x: (x["a"] > 0).to_numpy().astype(int), frame).chosen


def test_sparse_records_are_counted_by_their_rows():
    assert audit(x=sparse.csr_matrix(X)).chosen
