"""The database: Aurora PostgreSQL that grows with the work and pauses when there is none.

See docs/decisions/0002-database-connections.md for who connects how, and what lets it pause.
"""

from typing import Final

from aws_cdk import Duration, RemovalPolicy, Stack, aws_ec2, aws_kms, aws_rds, aws_secretsmanager
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.environments import Environment
from infra.stacks.network import POSTGRES_PORT, NetworkStack

DATABASE_NAME: Final = "anpr"
_OWNER: Final = "anpr_owner"
_IDLE_SESSION_S: Final = 120
"""A function that nobody calls is frozen with its connection open, and an open connection keeps the database awake."""

_IDLE_TRANSACTION_S: Final = 60


class DatabaseStack(Stack):
    """An encrypted cluster that only the network's database clients reach.

    Attributes:
        cluster: the cluster.
        secret: name and password of the database's owner, which RDS makes and replaces every week.
        network: where it is.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, network: NetworkStack) -> None:
        super().__init__(scope, id_, description=f"Number-plate recognition: database ({environment.name})")
        self.network = network
        group = aws_ec2.SecurityGroup(
            self, "Access", vpc=network.vpc, description="The database", allow_all_outbound=False
        )
        group.add_ingress_rule(network.database_clients, aws_ec2.Port.tcp(POSTGRES_PORT), "Functions and workers")
        engine = aws_rds.DatabaseClusterEngine.aurora_postgres(version=aws_rds.AuroraPostgresEngineVersion.VER_17_7)
        self.cluster = aws_rds.DatabaseCluster(
            self,
            "Cluster",
            engine=engine,
            parameter_group=self._parameters(engine),
            vpc=network.vpc,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[group],
            port=POSTGRES_PORT,
            default_database_name=DATABASE_NAME,
            credentials=aws_rds.Credentials.from_username(_OWNER),
            manage_master_user_password=True,
            iam_authentication=True,
            storage_encrypted=True,
            storage_encryption_key=self._key() if environment.keep_data else None,
            writer=_instance("Writer"),
            readers=[_instance("Standby", scale_with_writer=True)] if environment.database_standby else [],
            serverless_v2_min_capacity=0,
            serverless_v2_max_capacity=environment.database_max_acus,
            serverless_v2_auto_pause_duration=Duration.minutes(environment.database_pause_minutes),
            backup=aws_rds.BackupProps(retention=Duration.days(environment.database_backup_days)),
            copy_tags_to_snapshot=True,
            deletion_protection=environment.keep_data,
            removal_policy=RemovalPolicy.SNAPSHOT if environment.keep_data else RemovalPolicy.DESTROY,
        )
        if not environment.keep_data:
            acknowledge(self.cluster, "RDS10", "Who tears this environment down wants its data gone.")
        if self.cluster.secret is None:
            raise ValueError("RDS was asked to make the owner's password, and there is no secret of it")
        self.secret: aws_secretsmanager.ISecret = self.cluster.secret

    def _key(self) -> aws_kms.Key:
        """A key of the customer's own. A cluster keeps the key that it was made with, and so do its backups.

        Only with such a key can a backup be kept in another account. See docs/decisions/0004-encryption-keys.md.
        """
        return aws_kms.Key(
            self,
            "Key",
            description="Number-plate recognition: the database and its backups",
            enable_key_rotation=True,
            # Whoever deletes it deletes every backup.
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _parameters(self, engine: aws_rds.IClusterEngine) -> aws_rds.ParameterGroup:
        return aws_rds.ParameterGroup(
            self,
            "Parameters",
            engine=engine,
            description="Number-plate recognition",
            parameters={
                "idle_session_timeout": str(_IDLE_SESSION_S * 1000),
                "idle_in_transaction_session_timeout": str(_IDLE_TRANSACTION_S * 1000),
                "rds.force_ssl": "1",
                "log_min_duration_statement": "1000",
            },
        )


def _instance(id_: str, *, scale_with_writer: bool | None = None) -> aws_rds.IClusterInstance:
    return aws_rds.ClusterInstance.serverless_v2(
        id_,
        scale_with_writer=scale_with_writer,
        auto_minor_version_upgrade=True,
        publicly_accessible=False,
        ca_certificate=aws_rds.CaCertificate.RDS_CA_RSA2048_G1,
        enable_performance_insights=False,
    )
