"""Asking ECS not to end this worker in the middle of a job when it needs fewer workers, or has newer ones.

ECS picks whom it ends without knowing who works. A job that is cut short is given back and begun anew by another, so
nothing is lost, but the time spent is paid for twice. It can still end a worker whose machine is taken away.
"""

import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from gpu_worker.service.consumer import ForwardedJobs, JobOutcome, Jobs
from gpu_worker.service.logs import logger

_WORTH_IT_AFTER_S: Final = 20.0
"""Asking takes longer than most pictures do; so little work may as well be done twice."""

_EXPIRES_AFTER_MIN: Final = 60
"""A worker that died without a word must not hold up a deployment for long. CloudFormation waits three hours."""

_TIMEOUT_S: Final = 5.0


class TaskProtection:
    """The container agent's answer to "not now"."""

    def __init__(self, agent_uri: str) -> None:
        """Make a client.

        Args:
            agent_uri: what ECS gives every container as `ECS_AGENT_URI`.
        """
        self._url = f"{agent_uri}/task-protection/v1/state"

    def put(self, *, protected: bool) -> bool:
        """Ask for protection, or give it up.

        Returns:
            Whether the agent agreed. It may refuse, as it does while fewer workers are meant to be than are protected.
        """
        wish: dict[str, object] = {"ProtectionEnabled": protected}
        if protected:
            wish["ExpiresInMinutes"] = _EXPIRES_AFTER_MIN
        request = urllib.request.Request(  # noqa: S310 - the agent's own address
            self._url, data=json.dumps(wish).encode(), headers={"Content-Type": "application/json"}, method="PUT"
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                said = json.load(answer)
            refusal = said.get("failure") or said.get("error")
        except urllib.error.HTTPError as error:
            refusal = error.read().decode(errors="replace")[:500]
        except (OSError, ValueError) as error:
            refusal = str(error)
        if refusal:
            logger.warning("the task's protection could not be changed", protected=protected, reason=refusal)
        return not refusal


class ProtectedJobs(ForwardedJobs):
    """Jobs during which, once they have run for a while, ECS is asked to leave this worker alone."""

    def __init__(self, jobs: Jobs, protection: TaskProtection, *, after_s: float = _WORTH_IT_AFTER_S) -> None:
        """Wrap jobs.

        Args:
            jobs: who does the work.
            protection: who is asked.
            after_s: how long a job must have run to be worth it.
        """
        super().__init__(jobs)
        self._protection = protection
        self._after_s = after_s

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        over = threading.Event()

        def protect() -> None:
            if not over.wait(self._after_s) and self._protection.put(protected=True):
                over.wait()
                self._protection.put(protected=False)

        thread = threading.Thread(target=protect, name="protection", daemon=True)
        thread.start()
        try:
            return super().run(upload_id, stop)
        finally:
            over.set()
            # Else the end of this protection could come after the beginning of the next job's.
            thread.join(timeout=2 * _TIMEOUT_S)


def protected(jobs: Jobs, environment: Mapping[str, str] = os.environ) -> Jobs:
    """Have ECS leave this worker alone during jobs; on any other platform they are what they were."""
    agent_uri = environment.get("ECS_AGENT_URI")
    return jobs if agent_uri is None else ProtectedJobs(jobs, TaskProtection(agent_uri))
