"""The worker's structured log: JSON lines on standard output, each with the upload it is about."""

from aws_lambda_powertools import Logger

logger = Logger(service="gpu_worker")
