"""Prefect 3: a task that raises ends the flow. A state `Failed` that it returns would not.

``python prefect_flow.py members.npz nonmembers.npz``
"""

import sys

from prefect import flow, task

from tacit.integrations.pipeline import privacy_test

POLICY = {"at_most": {"advantage": 0.2}}


@task
def privacy(members: str, nonmembers: str) -> str:
    tested = privacy_test(None, members, nonmembers, POLICY, effort="quick")
    if not tested.passed:
        raise RuntimeError(f"the privacy test says {tested.verdict}")
    return tested.verdict


@task
def push() -> None:
    print("pushed")


@flow
def release(members: str, nonmembers: str) -> None:
    privacy(members, nonmembers)
    push()


if __name__ == "__main__":
    release(*sys.argv[1:])
