"""What all bodies and queries share: strict models, clean text, times with a zone, pages."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, Generic, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from anpr.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest
from anpr.regions import REGION_PATTERN

_DATE_AND_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}")
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

Item = TypeVar("Item")


class RequestModel(BaseModel):
    """A body or a query; a field that is not known is refused, since it is most likely a misspelt one."""

    model_config = ConfigDict(extra="forbid")


class Patch(RequestModel):
    """What to change. What is left out stays; null takes away what there may be none of, and is refused elsewhere.

    A model names what null takes away in `clearable`, and in `changing_nothing` the fields that only say how.
    """

    clearable: ClassVar[frozenset[str]] = frozenset()
    changing_nothing: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _null_only_where_it_takes_away(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in cls.clearable:
            raise ValueError("This cannot be null; leave it out to keep it as it is.")
        return value

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set - self.changing_nothing:
            raise ValueError("Nothing to change; give at least one field.")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe what is taken: at least one field, and null only where it takes something away."""
        described = handler.resolve_ref_schema(handler(schema))
        described["minProperties"] = 1
        for name, field in described["properties"].items():
            if name not in cls.clearable and "anyOf" in field:
                [kept] = [one for one in field.pop("anyOf") if one != {"type": "null"}]
                field.update({**kept, **field})
                field.pop("default", None)
        return described


class ResponseModel(BaseModel):
    """Something that is sent; may be read from a row."""

    model_config = ConfigDict(from_attributes=True)


def _whole(text: str) -> str:
    # JSON can carry half of a surrogate pair, which UTF-8 cannot, nor PostgreSQL.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("This is not valid Unicode text.")
    return text


def _whole_secret(secret: SecretStr) -> SecretStr:
    _whole(secret.get_secret_value())
    return secret


def _clean(text: str) -> str:
    for position, character in enumerate(text):
        if (character < " " and character not in "\t\n") or character == "\x7f":
            raise ValueError(f"Control characters are not allowed; character {position + 1} is U+{ord(character):04X}.")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("This is one line; no line breaks or tabs.")
    return text


def is_time(value: Any) -> Any:
    """Refuse what is no text of a time."""
    # Pydantic would take a number, and text that holds one, for seconds since 1970.
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError("A time is text as in RFC 3339, such as 2026-05-01T12:30:00Z.")
    if " " in value:
        raise ValueError("A time has no spaces; in a URL, write + as %2B.")
    return value


def checked_time(time: datetime) -> datetime:
    """Refuse a time that cannot be meant; one without a zone stays without."""
    if not _EARLIEST <= (time if time.tzinfo is not None else time.replace(tzinfo=UTC)) < _LATEST:
        raise ValueError("The year is not one from 1970 to 2199.")
    return time


def _in_range(time: datetime) -> datetime:
    return checked_time(time).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Written:
    """How a text must be written.

    Attributes:
        pattern: a regular expression for the whole of it, as the API's description tells programs.
        words: the same for people, as a sentence.
    """

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check after all that the text's own type checks."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell the pattern."""
        return handler(schema) | {"pattern": self.pattern}

    def _check(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise ValueError(self.words)
        return text


Text = Annotated[str, AfterValidator(_whole), AfterValidator(_clean)]
Line = Annotated[Text, AfterValidator(_one_line)]
Secret = Annotated[SecretStr, AfterValidator(_whole_secret)]
Timestamp = Annotated[AwareDatetime, BeforeValidator(is_time), AfterValidator(_in_range)]


Region = Annotated[
    Line,
    Written(REGION_PATTERN, "This must be a country or state as in ISO 3166, such as gb or us-ca."),
]


class PageQuery(RequestModel):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="The most items to return.")] = DEFAULT_LIMIT
    cursor: Annotated[
        Line | None, Field(max_length=500, description="`next_cursor` of the page before; leave out for the first.")
    ] = None

    def page(self, kind: str) -> PageRequest:
        """The request for a page of one kind of list."""
        return PageRequest(kind, self.limit, self.cursor)


class PageOut(ResponseModel, Generic[Item]):
    """One page of a list, newest first."""

    items: list[Item]
    next_cursor: Annotated[str | None, Field(description="Ask with it for the next page; null on the last one.")]


def page_fields(page: Page[Any]) -> dict[str, Any]:
    """The fields of a `PageOut`, with its items as they are; the model reads them from rows."""
    return {"items": page.items, "next_cursor": page.next_cursor}
