"""Storing what was found: images, then the event in one transaction with what it promises, then the bus."""

import threading
import time
from typing import Final

from anpr import outbox
from anpr.alerts import bolos
from anpr.capture import passages
from anpr.capture.jobs import Claim
from anpr.errors import AnprError, NotFound, Unavailable
from anpr.messages import Metric
from anpr.ports import BlobStore
from gpu_worker.service.footage import Finding
from gpu_worker.service.jpeg import jpeg
from gpu_worker.service.logs import logger
from gpu_worker.service.services import Services

_RELAY_PAUSE_S: Final = 30
"""How long a bus that failed is left alone: its time-outs would hold up the reading. The sweep relays what waits."""


class Recorder:
    """Stores passages of any footage, file or stream; may be called by several threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._matcher = bolos.Matcher()
        self._matching = threading.Lock()
        self._relay_again_at = 0.0

    def store(self, claim: Claim, finding: Finding) -> bool:
        """Store a passage's images, then its event. What an earlier run recorded stays as it is, images and all.

        Returns:
            Whether the passage is new.

        Raises:
            anpr.capture.jobs.ClaimLost: another worker has the upload.
            Unavailable: database or storage do not answer, or the storage does not take the images.
        """
        number = finding.passage.passage_no
        with self._services.database.transaction() as session:
            if passages.is_recorded(session, claim, number):
                return False
        crop, frame = jpeg(finding.crop), jpeg(finding.frame)
        images = passages.name_images(claim.upload_id, number, crop, frame)
        _put(self._services.blobs, images.crop_key, crop)
        _put(self._services.blobs, images.frame_key, frame)
        # The matcher keeps what it compiled from one passage to the next.
        with self._matching, self._services.database.transaction() as session:
            is_new = passages.record(session, claim, finding.passage, images, matcher=self._matcher)
        if is_new:
            logger.info("passage recorded", passage_no=number, readable=finding.passage.readable)
            self._services.report({Metric.EVENTS_PROCESSED: 1})
            self.relay()
        return is_new

    def relay(self) -> None:
        """Publish what waits in the outbox; where the bus does not answer, the sweep does it later."""
        if time.monotonic() < self._relay_again_at:
            return
        try:
            outbox.relay(self._services.database, self._services.bus)
        except AnprError as error:
            self._relay_again_at = time.monotonic() + _RELAY_PAUSE_S
            logger.warning("events wait in the outbox", reason=str(error))


def _put(blobs: BlobStore, key: str, image: bytes) -> None:
    try:
        blobs.put(key, image, content_type="image/jpeg")
    except NotFound as error:
        raise Unavailable("The storage does not take the images of what was read.") from error
