from gpu_worker.vision.video.damage import Continuity, Damage


def _suspects(continuity: Continuity, numbers: range) -> list[int]:
    return [number for number in numbers if continuity.is_suspect(number, number, 0.04)]


def test_after_a_hole_frames_are_suspect_until_the_next_key_frame() -> None:
    continuity = Continuity()
    for number in range(20):
        continuity.sent(number, number, is_key=number % 10 == 0, is_corrupt=False)
    continuity.broken(4)
    assert _suspects(continuity, range(20)) == list(range(4, 10))


def test_what_is_shown_before_the_key_frame_but_sent_after_it_is_suspect_too() -> None:
    continuity = Continuity()
    continuity.broken(0)
    continuity.sent(1, 50, is_key=True, is_corrupt=False)
    assert continuity.is_suspect(2, 49, 0.04)
    assert not continuity.is_suspect(3, 51, 0.04)


def test_a_stream_without_key_frames_heals_in_the_end() -> None:
    continuity = Continuity()
    continuity.broken(0)
    assert len(_suspects(continuity, range(1, 500))) < 260


def test_the_share_that_was_not_read_is_told() -> None:
    damage = Damage()
    assert damage.sentence(10) is None
    damage.begin(2.0)
    damage.lost_s = 2.5
    assert damage.sentence(7.5) == (
        "The video is damaged near 2.0 s (data is missing): 2.5 s of 10.0 s (25 %) were not read."
    )
