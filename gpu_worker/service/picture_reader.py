"""Reading single pictures for whoever waits for the answer; an `anpr.capture.pictures.PictureReader`."""

import io
import threading
from dataclasses import replace

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from anpr.capture.pictures import PlateInPicture, ReadPicture, Wanted, plates_of
from anpr.errors import UnreadableMedia
from gpu_worker.service.jpeg import jpeg
from gpu_worker.service.plates import plate_box, plate_crop, plate_region
from gpu_worker.vision.engines import build_engines, media_limits, pipeline_settings
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.pictures import is_picture, read_picture
from gpu_worker.vision.pipeline import Pipeline, PlateRead, is_readable
from gpu_worker.vision.recognition.prior import CameraPrior
from gpu_worker.vision.recognition.regions import country
from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.video import MediaLimits


class ReaderSettings(BaseSettings):
    """How the process behaves that answers pictures."""

    model_config = SettingsConfigDict(env_prefix="ANPR_READER_", extra="ignore")

    at_once: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Pictures read at the same time, on a thread each; no more than the machine has cores.",
    )
    waiting: int = Field(
        default=16, ge=0, le=1000, description="Requests that may wait besides; what comes then is told to come again."
    )


class PipelinePictureReader:
    """Reads pictures by two pipelines that share their engines, so many at once and no more.

    Nothing of a picture outlives its reading, and nothing of it is logged.
    """

    def __init__(self, careful: Pipeline, fast: Pipeline, limits: MediaLimits, *, at_once: int) -> None:
        """Take what pictures are read by.

        Args:
            careful: finds small and huge plates too.
            fast: looks once.
            limits: what a file may unpack into.
            at_once: pictures that are decoded and read at the same time.
        """
        self._careful = careful
        self._fast = fast
        self._limits = limits
        self._places = threading.BoundedSemaphore(at_once)

    def read(self, picture: bytes, wanted: Wanted) -> ReadPicture:
        source = io.BytesIO(picture)
        if not is_picture(source):
            raise UnreadableMedia("This is no picture that can be read; send a JPEG, PNG, WebP, AVIF, BMP or TIFF.")
        pipeline = self._fast if wanted.fast else self._careful
        countries = frozenset(map(country, wanted.regions))
        if countries:
            pipeline = pipeline.seeing(CameraPrior(countries))
        with self._places:
            still = read_picture(source, self._limits)
            found = pipeline.image(still.image)
            plates = plates_of([_plate(read, pipeline.readable_score) for read in found], wanted)
            frame = b""
            if wanted.images and plates:
                frame = jpeg(still.image)
                plates = tuple(_with_crop(plate, still.image) for plate in plates)
        height, width = still.image.shape[:2]
        return ReadPicture(plates=plates, width=width, height=height, defect=still.defect, frame=frame)


def build_picture_reader(vision: VisionSettings, settings: ReaderSettings) -> PipelinePictureReader:
    """Load the models.

    Raises:
        gpu_worker.vision.weights.EngineUnavailable: one cannot be used as asked for.
    """
    if settings.at_once > 1 and vision.device == "cpu":
        # Two pictures side by side are read in the time that one takes with two threads, or a little more.
        vision = vision.model_copy(update={"threads": 1})
    engines, tuned = build_engines(vision), pipeline_settings(vision)
    careful = Pipeline(engines.video, engines.recognizer, tuned, engines.stills, engines.far)
    fast = Pipeline(engines.video, engines.recognizer, tuned, engines.video, engines.far)
    return PipelinePictureReader(careful, fast, media_limits(vision), at_once=settings.at_once)


def _plate(read: PlateRead, readable_score: float) -> PlateInPicture:
    return PlateInPicture(
        plate=read.plate,
        raw_plate=read.raw_plate,
        readable=is_readable(read, readable_score),
        score=float(read.score),
        dscore=float(read.dscore),
        region=plate_region(read.region),
        box=plate_box(read.box),
        candidates=tuple((candidate.plate, float(candidate.score)) for candidate in read.candidates),
        beyond_doubt=read.beyond_doubt,
        model=read.model,
    )


def _with_crop(plate: PlateInPicture, image: Image) -> PlateInPicture:
    box = BoundingBox(plate.box.xmin, plate.box.ymin, plate.box.xmax, plate.box.ymax)
    return replace(plate, crop=jpeg(plate_crop(image, box)))
