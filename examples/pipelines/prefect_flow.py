"""Prefect 3: a task that ends in a failed state ends the flow.

``python prefect_flow.py members.npz nonmembers.npz``
"""

import sys

from prefect import flow, task
from prefect.states import Completed, Failed

from tacit.integrations.pipeline import privacy_test

POLICY = {"at_most": {"advantage": 0.2}}


@task
def privacy(members: str, nonmembers: str):
    tested = privacy_test(None, members, nonmembers, POLICY, effort="quick")
    said = f"the privacy test says {tested.verdict}"
    return Completed(message=said) if tested.passed else Failed(message=said)


@task
def push() -> None:
    print("pushed")


@flow
def release(members: str, nonmembers: str) -> None:
    privacy(members, nonmembers)
    push()


if __name__ == "__main__":
    release(*sys.argv[1:])
