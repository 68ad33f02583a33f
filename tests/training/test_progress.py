import numpy as np

from tacit.training import Progress, shadow
from tacit.training.progress import Watch


def test_time_left_is_that_of_the_models_trained_here():
    now = [0.0]
    told = []
    watch = Watch(10, 4, told.append, clock=lambda: now[0])
    watch.tell()
    for seconds in (10.0, 20.0, 30.0):
        now[0] = seconds
        watch.done()
    assert [state.left for state in told] == [None, 50.0, 40.0, 30.0], (
        "6 models at 10 s each; the 4 that were reused cost nothing"
    )
    assert [state.done for state in told] == [4, 5, 6, 7]


def test_a_run_tells_before_and_after_every_model():
    told = []
    shadow(
        lambda indices, seed: lambda x: np.zeros(len(x)), np.zeros(10), n=3, progress=told.append
    )
    assert [(state.done, state.total, state.reused) for state in told] == [
        (0, 3, 0),
        (1, 3, 0),
        (2, 3, 0),
        (3, 3, 0),
    ]
    assert told[-1].left == 0


def test_the_text_is_honest():
    assert str(Progress(0, 4, 0, 0.0, None)) == "0 of 4 shadow models (0 reused), time left unknown"
    assert str(Progress(1, 4, 0, 5.0, 15.0)).endswith("about 15 s left")
    assert str(Progress(1, 4, 0, 5.0, 600.0)).endswith("about 10 min left")
    assert str(Progress(1, 4, 0, 5.0, 9000.0)).endswith("about 2.5 h left")
    assert str(Progress(4, 4, 4, 5.0, 0.0)) == "4 of 4 shadow models (4 reused)"
