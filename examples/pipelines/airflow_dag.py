"""Airflow 3: a task that fails blocks what follows it.

Put it into the folder of DAGs; MEMBERS and NONMEMBERS name files of outputs (.npz, .parquet, .csv).
``python airflow_dag.py`` runs it once without a scheduler.
"""

import os
import sys

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

from tacit.integrations.pipeline import privacy_test

POLICY = {"at_most": {"advantage": 0.2}}


@task
def privacy(members: str, nonmembers: str) -> str:
    tested = privacy_test(None, members, nonmembers, POLICY, effort="quick")
    if not tested.passed:
        # not tried again, as a second look would be at the same records
        raise AirflowFailException(f"the privacy test says {tested.verdict}")
    return tested.verdict


@task
def push(verdict: str) -> None:
    print("pushed", verdict)


@dag(schedule=None)
def release():
    push(privacy(os.environ["MEMBERS"], os.environ["NONMEMBERS"]))


flow = release()

if __name__ == "__main__":
    sys.exit(flow.test().state != "success")
