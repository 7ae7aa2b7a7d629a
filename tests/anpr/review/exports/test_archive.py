import io
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anpr.review.exports import archive
from anpr.review.exports.archive import ArchiveWriter, Member, TooLarge, lines

AT = datetime(2026, 11, 22, 15, 4, 7, tzinfo=UTC)


def written(sink: io.BytesIO, offset: int = 0) -> ArchiveWriter:
    return ArchiveWriter(sink.write, AT, offset)


def test_a_reader_finds_every_file_as_it_was() -> None:
    sink = io.BytesIO()
    writer = written(sink)
    noise = bytes(range(256)) * 300
    stored = writer.store("crops/ä.jpg", noise)
    deflated = writer.deflate("labels.csv", iter([b"a,b\n", b"", b"1,2\n" * 50_000]))
    writer.close([stored, deflated])

    with zipfile.ZipFile(sink) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["crops/ä.jpg", "labels.csv"]
        assert opened.read("crops/ä.jpg") == noise
        assert opened.read("labels.csv") == b"a,b\n" + b"1,2\n" * 50_000
        assert opened.getinfo("labels.csv").date_time == (2026, 11, 22, 15, 4, 6)
        assert opened.getinfo("labels.csv").compress_size < 2000
    assert writer.offset == len(sink.getvalue())


def test_an_archive_of_no_files_is_one() -> None:
    sink = io.BytesIO()
    written(sink).close([])

    with zipfile.ZipFile(sink) as opened:
        assert opened.namelist() == []


def test_another_writer_goes_on_where_one_broke_off() -> None:
    sink = io.BytesIO()
    first = written(sink)
    members = [first.store("one", b"1")]
    second = written(sink, first.offset)
    members.append(second.store("two", b"2"))
    second.close(members)

    with zipfile.ZipFile(sink) as opened:
        assert opened.testzip() is None
        assert [opened.read(name) for name in opened.namelist()] == [b"1", b"2"]


def test_a_second_run_writes_the_same_bytes() -> None:
    runs = []
    for _ in range(2):
        sink = io.BytesIO()
        writer = written(sink)
        writer.close([writer.store("one", b"1"), writer.deflate("two", [b"2" * 1000])])
        runs.append(sink.getvalue())

    assert runs[0] == runs[1]


def test_more_files_than_the_old_format_counts() -> None:
    sink = io.BytesIO()
    writer = written(sink)
    writer.close([writer.store(f"{number:06d}", b"x") for number in range(70_000)])

    with zipfile.ZipFile(sink) as opened:
        assert len(opened.namelist()) == 70_000
        assert opened.read("069999") == b"x"


def test_files_beyond_4_gib(tmp_path: Path) -> None:
    # A sparse file stands for what other writers put in front.
    far = 5 * 1024**3
    path = tmp_path / "large.zip"
    with path.open("wb") as sink:
        sink.seek(far)
        writer = ArchiveWriter(sink.write, AT, far)
        writer.close([writer.store("far", b"away"), writer.deflate("further", [b"still"])])

    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        assert (opened.read("far"), opened.read("further")) == (b"away", b"still")
        assert opened.getinfo("far").header_offset == far


def test_a_file_of_4_gib_is_refused_before_its_header_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MAX_32", 1000)
    writer = written(io.BytesIO())

    with pytest.raises(TooLarge, match="labels has 4 GiB"):
        writer.deflate("labels", [b"x" * 600, b"x" * 600])
    with pytest.raises(TooLarge, match="crop has 4 GiB"):
        writer.store("crop", b"x" * 1000)


def test_members_know_what_a_manifest_needs() -> None:
    sink = io.BytesIO()
    member = written(sink).store("a", b"abc")

    assert member == Member(
        "a", 0, 3, 3, 0x352441C2, bytes.fromhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    )


def test_the_system_unzip_agrees(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with path.open("wb") as sink:
        writer = ArchiveWriter(sink.write, AT)
        writer.close([writer.store("a.bin", bytes(1000)), writer.deflate("b.txt", [b"text" * 1000])])
    try:
        done = subprocess.run(["unzip", "-tqq", str(path)], capture_output=True, timeout=30, check=False)
    except FileNotFoundError:
        pytest.skip("no unzip on this machine")

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_lines_are_joined_into_bounded_chunks() -> None:
    chunks = list(lines((f"{number}\n" for number in range(10_000)), size=1000))

    assert b"".join(chunks).decode() == "".join(f"{number}\n" for number in range(10_000))
    assert max(len(chunk) for chunk in chunks) < 1010
    assert len(chunks) < 60
