"""Exports: reviewed events as training data for plate readers and detectors, or as tables.

`requests` is what the API does: ask for an export, list them, give a link. `builder` writes the archive: it plans the
export (`plan`), streams images into a ZIP (`archive`) in the parts of a multipart upload, and ends it with the label
files (`labels`) and the directory. Everything a half-written archive needs to be continued is in the database
(`progress`), so a builder may die at any point, and another one goes on after the last uploaded part. `sweep` wakes
what was forgotten and deletes what is over; `notices` tells people.
"""
