"""/read: one picture, answered at once."""

from typing import Annotated, Final

from fastapi import Depends, Query, Request

from functions.api.access import Access, allows
from functions.api.answering import Answers, Asked, body_of
from functions.api.licensing import within_minutes_first
from functions.api.resource import Resource
from functions.api.schemas.pictures import PictureOut, PictureQuery, picture_out
from functions.api.services.reader import Reader

MOST_BYTES: Final = 32 * 1024**2
"""Where a body that never ends is cut off; what is taken, the settings say."""


async def sent_picture(request: Request, services: Reader) -> bytes:
    """The picture, as the body is."""
    return await body_of(request, services.pictures.max_bytes, services.pictures.arrive_within)


router = Resource("/read", tag="pictures", about="One picture, answered at once.")


@router.post(
    "",
    summary="Read a picture",
    max_body_size=MOST_BYTES,
    dependencies=[Depends(within_minutes_first)],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
@allows(Access.REVIEWER, keys={"pictures:write"}, audits={"upload.created"})
def read_picture(
    query: Annotated[PictureQuery, Query()], answers: Answers, picture: Annotated[bytes, Depends(sent_picture)]
) -> PictureOut:
    """Read the plates in the picture that is the body: a JPEG, PNG, WebP, AVIF, BMP or TIFF, whatever its type says.

    With a camera, they are recorded, matched, alerted of, reviewed and kept like any passage; without, nothing is kept.
    A plate that was read at the same camera some seconds before lengthens that passage.
    """
    asked = Asked(picture=picture, camera=query.camera, captured_at=query.captured_at, wanted=query.wanted())
    return picture_out(answers.answer(asked))
