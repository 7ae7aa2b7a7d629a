"""The worker's container image, built from this repository by whoever deploys."""

from typing import Final, Literal

from aws_cdk import aws_ecr_assets
from constructs import Construct

from infra.packaging import ROOT

DOCKERFILE: Final = "gpu_worker/Dockerfile"


def worker_image(scope: Construct, id_: str, *, kind: Literal["gpu", "cpu"]) -> aws_ecr_assets.DockerImageAsset:
    """Make the image an asset: the CDK's command line builds and pushes it as it deploys; synthesis needs no docker.

    Args:
        scope: parent construct.
        id_: its name below the parent.
        kind: with a GPU's libraries, or without.
    """
    return aws_ecr_assets.DockerImageAsset(
        scope,
        id_,
        # What of it travels to the builder, and so what makes another image, .dockerignore says.
        directory=str(ROOT),
        file=DOCKERFILE,
        build_args={"KIND": kind},
        platform=aws_ecr_assets.Platform.LINUX_AMD64,
    )
