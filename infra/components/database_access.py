"""How functions and workers reach the database and log in to it."""

from typing import Final

from aws_cdk import aws_iam

from infra.components.backend_function import Placement
from infra.components.secrets import Secrets
from infra.environments import EMULATED_DATABASE_SECRET
from infra.stacks.database import DATABASE_NAME, DatabaseStack

DATABASE_ROLE: Final = "anpr_app"
"""The role that the migrations make for the functions and the workers."""


class DatabaseAccess:
    """On AWS, the functions and the workers log in as `anpr_app` by their own roles in IAM, without a password.

    The one-machine run's PostgreSQL knows no IAM: there, all share the owner's secret, and give up its rights as they
    connect.

    Attributes:
        variables: settings of whatever uses the data.
        owner_variables: settings of the set-up function, which owns the tables.
        placement: where functions must run; None where the database is reached from anywhere.
    """

    def __init__(self, *, secrets: Secrets, database: DatabaseStack | None) -> None:
        self._secrets = secrets
        self._database = database
        role = {"ANPR_DB_ROLE": DATABASE_ROLE}
        if database is None:
            self.placement = None
            self.owner_variables = {
                "ANPR_DB_SECRET_ID": EMULATED_DATABASE_SECRET,
                "ANPR_DB_SSL": "false",
            }
            self.variables = self.owner_variables | role
            return
        network = database.network
        self.placement = Placement(network.vpc, network.function_subnets, network.database_clients)
        address = {
            "ANPR_DB_HOST": database.cluster.cluster_endpoint.hostname,
            "ANPR_DB_NAME": DATABASE_NAME,
            # The authority that signed Aurora's certificate is none of the public ones.
            "ANPR_DB_SSL_ROOT_CERT": "rds",
        }
        self.owner_variables = {**address, "ANPR_DB_SECRET_ID": database.secret.secret_arn}
        self.variables = {**address, **role, "ANPR_DB_USER": DATABASE_ROLE}

    def grant_use(self, grantee: aws_iam.IGrantable) -> None:
        """Allow reading and changing the data."""
        if self._database is None:
            self._secrets.grant_read_database(grantee)
        else:
            self._database.cluster.grant_connect(grantee, DATABASE_ROLE)

    def grant_own(self, grantee: aws_iam.IGrantable) -> None:
        """Allow altering the tables."""
        if self._database is None:
            self._secrets.grant_read_database(grantee)
        else:
            aws_iam.Grant.add_to_principal(
                grantee=grantee,
                actions=["secretsmanager:GetSecretValue"],
                resource_arns=[self._database.secret.secret_arn],
            )
