"""What a worker has to itself: numbers that the worker stack and the cost model share."""

from typing import Final

CPUS: Final = 4
"""Of a container on plain processors; the smallest machine with a GPU has as many."""

FARGATE_MEMORY_MIB: Final = 8192
FARGATE_DISK_GIB: Final = 30

READER_MEMORY_MIB: Final = 1769
"""Of the function that answers single pictures: one core. A picture takes one thread as long as two, so that more
memory would cost as much more and gain nothing."""

GPU_MEMORY_MIB: Final = 12_288
"""Of the 16 GiB that the smallest machine with a GPU has."""

DISK_GIB: Final = 80
"""The system takes 30, the image 10 while it is unpacked; the rest is for the file that is read, of 5 GiB at most."""

DISK_MIB_PER_S: Final = 400
"""A new machine's first minutes are spent unpacking the image; the default of 125 would double them."""
