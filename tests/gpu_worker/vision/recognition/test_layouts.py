import pytest

from gpu_worker.vision.recognition.layouts import LayoutError, parse, shape_of


def test_a_layout_is_read_part_by_part() -> None:
    layout = parse("[0-27]{za}-L*N (GP) @3", "AB", {"za": ("EC", "L")})
    assert layout.weight == 3
    assert [(part.kind, part.choices) for part in layout.parts] == [
        ("set", ("0", "1", "2", "7")),
        ("code", ("EC", "L")),
        ("mark", ("-",)),
        ("letter", ("A", "B")),
        ("mark", ("*",)),
        ("digit", tuple("123456789")),
        ("mark", (" ",)),
        ("literal", ("GP",)),
    ]


def test_a_layout_without_a_weight_counts_once() -> None:
    assert parse("DD", "A", {}).weight == 1


@pytest.mark.parametrize("text", ["LLx", "LL {xx}", "[", "(a)"])
def test_what_is_no_layout_is_refused_in_words(text: str) -> None:
    with pytest.raises(LayoutError, match=r"layout|codes"):
        parse(text, "A", {})


def test_the_shape_tells_letters_from_digits() -> None:
    assert shape_of("LS15EBC") == "LLDDLLL"
