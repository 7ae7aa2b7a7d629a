"""Client of the ANPR backend's API: `Client`, and `AsyncClient` with the same methods to be awaited."""

from anpr_client import webhooks
from anpr_client._async.client import AsyncClient
from anpr_client._sync.client import Client
from anpr_client.calls import Call, Options, RetryPolicy
from anpr_client.credentials import ApiKey, Login, MemoryTokens, TokenStore
from anpr_client.errors import (
    AnprError,
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    InvalidPayload,
    InvalidWebhook,
    NoSuchCamera,
    NotFound,
    ProblemPart,
    TimedOut,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
    UploadRefused,
)
from anpr_client.models import Camera, Event, Export, Hit, Job, Upload, Vehicle, Verdict
from anpr_client.pictures import Picture, PicturePlate, Reading
from anpr_client.webhooks import Webhook

__all__ = [
    "AnprError",
    "ApiError",
    "ApiKey",
    "AsyncClient",
    "BadRequest",
    "Call",
    "Camera",
    "Client",
    "Conflict",
    "Event",
    "Export",
    "Forbidden",
    "Hit",
    "InvalidPayload",
    "InvalidWebhook",
    "Job",
    "Login",
    "MemoryTokens",
    "NoSuchCamera",
    "NotFound",
    "Options",
    "Picture",
    "PicturePlate",
    "ProblemPart",
    "Reading",
    "RetryPolicy",
    "TimedOut",
    "TokenStore",
    "TooLarge",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "Unreachable",
    "Upload",
    "UploadRefused",
    "Vehicle",
    "Verdict",
    "Webhook",
    "webhooks",
]
