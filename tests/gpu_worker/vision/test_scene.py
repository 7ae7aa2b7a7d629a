import numpy as np

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.scene import SceneSettings, SceneWatch
from tests.gpu_worker.scenes import road


def _noise(seed: int) -> Image:
    blocks = np.random.default_rng(seed).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((40, 40, 1), np.uint8))


def test_another_scene_is_a_cut() -> None:
    watch = SceneWatch(SceneSettings())
    assert not watch.look(_noise(1)).cut
    assert not watch.look(_noise(1)).cut
    assert watch.look(_noise(2)).cut


def test_a_flash_is_no_cut() -> None:
    watch = SceneWatch(SceneSettings())
    picture, _ = road([("AB12CDE", 80, 260)])
    watch.look(picture)
    assert not watch.look(np.asarray(picture + 40, np.uint8)).cut


def test_a_passing_car_is_no_cut_and_not_still() -> None:
    watch = SceneWatch(SceneSettings())
    changes = [watch.look(road([("AB12CDE", 80 + 15 * i, 200)])[0]) for i in range(12)]
    assert not any(change.cut for change in changes)
    assert not any(change.still for change in changes)


def test_the_same_picture_again_is_still() -> None:
    watch = SceneWatch(SceneSettings())
    picture, _ = road([("AB12CDE", 80, 260)])
    assert [watch.look(picture).still for _ in range(3)] == [False, True, True]


def test_slow_movement_adds_up() -> None:
    watch = SceneWatch(SceneSettings())
    changes = [watch.look(road([("AB12CDE", 80 + i, 260)])[0]) for i in range(30)]
    assert sum(not change.still for change in changes) > 5
