"""The worker's structured log: JSON lines on standard output, each with the upload it is about."""

import logging

from aws_lambda_powertools import Logger

logger = Logger(service="gpu_worker")
# What is said of traces that were lost, in the same lines.
logging.getLogger("anpr.telemetry").handlers = logger.handlers[:]
