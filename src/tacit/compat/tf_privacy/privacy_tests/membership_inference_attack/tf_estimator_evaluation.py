"""TensorFlow's estimators are gone (since 2.16), so there is none to attack.

Take the outputs of the model and pass them to `run_attacks`, or attack a Keras model with
`keras_evaluation`.
"""

from tacit.core import MissingDependency

raise MissingDependency(
    "tf_estimator_evaluation needs TensorFlow's estimators, which TensorFlow removed in 2.16. Pass"
    " the model's outputs to `membership_inference_attack.run_attacks`, or use `keras_evaluation`."
)
