"""Frames in, passages out: knows no cloud, no database and no queue."""
