"""Train shadow models anywhere: on this machine, on many, K of them in one program; what is stored
is never trained again.
"""

from tacit.training.classifier_fine_tune import ClassifierFineTune
from tacit.training.fine_tune import FineTune, TextRecipe, fine_tunes
from tacit.training.pools import Here, Processes
from tacit.training.progress import Progress
from tacit.training.ray import RayPool
from tacit.training.recipes import EstimatorRecipe, FunctionRecipe, KerasRecipe
from tacit.training.record_columns import RecordColumns
from tacit.training.results import ShadowRun, gather
from tacit.training.shadow import Run, carry_out, plan, shadow
from tacit.training.stores import DirectoryStore
from tacit.training.torch_recipe import TorchRecipe

__all__ = [
    "ClassifierFineTune",
    "DirectoryStore",
    "EstimatorRecipe",
    "FineTune",
    "FunctionRecipe",
    "Here",
    "KerasRecipe",
    "Processes",
    "Progress",
    "RayPool",
    "RecordColumns",
    "Run",
    "ShadowRun",
    "TextRecipe",
    "TorchRecipe",
    "carry_out",
    "fine_tunes",
    "gather",
    "plan",
    "shadow",
]
