"""Reading one camera's files, one after the other, and learning from them which plates it sees."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.passages import Passage
from gpu_worker.vision.pipeline import Pipeline, PlateRead, Progress
from gpu_worker.vision.recognition.learning import KnownPlate, learnt
from gpu_worker.vision.video import Source

_MOST = 300


class OneCamera:
    """Reads as its pipeline does, each file with what those before it have taught."""

    def __init__(self, pipeline: Pipeline) -> None:
        """Begin with nothing learnt; `pipeline` stays as it is."""
        self._pipeline = pipeline
        self._hint = pipeline.camera.hint
        self._plates: deque[KnownPlate] = deque(maxlen=_MOST)

    @property
    def readable_score(self) -> float:
        """See `Pipeline`."""
        return self._pipeline.readable_score

    def image(self, image: Image) -> list[PlateRead]:
        """See `Pipeline`."""
        reads = self._expecting().image(image)
        self._learn(reads)
        return reads

    def passages(self, source: Source, on_progress: Callable[[Progress], None] | None = None) -> Iterator[Passage]:
        """See `Pipeline`."""
        seen: list[Passage] = []
        for passage in self._expecting().passages(source, on_progress):
            seen.append(passage)
            yield passage
        self._learn(seen)

    def _expecting(self) -> Pipeline:
        return self._pipeline.seeing(learnt(self._hint, tuple(self._plates)))

    def _learn(self, reads: Iterable[Passage | PlateRead]) -> None:
        self._plates.extendleft(KnownPlate(read.plate) for read in reads if read.beyond_doubt)
