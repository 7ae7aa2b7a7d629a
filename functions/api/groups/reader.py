"""Single pictures, answered at once. The group's host has the models in its memory; that of the others need not."""

from typing import Final

from functions.api.resource import Group
from functions.api.routes import pictures, plate_reader
from functions.api.services.reader import ReaderServices

GROUP: Final = Group("reader", (pictures.router, plate_reader.router), ReaderServices)
