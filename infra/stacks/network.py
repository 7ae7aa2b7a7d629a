"""The network: where the functions, the workers and the database are, and what may reach what.

There is no NAT gateway. Workers have public addresses, which cost only while they run; functions reach AWS by IPv6 and
S3 by its gateway, both free; the database reaches nothing. See docs/decisions/0001-network.md.
"""

from typing import Final

from aws_cdk import RemovalPolicy, Stack, aws_ec2, aws_logs
from constructs import Construct

from infra.environments import Environment

POSTGRES_PORT: Final = 5432
_ZONES: Final = 2
_CALLED_SERVICES: Final = {
    "Secrets": aws_ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Queues": aws_ec2.InterfaceVpcEndpointAwsService.SQS,
    "Topics": aws_ec2.InterfaceVpcEndpointAwsService.SNS,
    "Bus": aws_ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE,
    "Functions": aws_ec2.InterfaceVpcEndpointAwsService.LAMBDA_,
}
"""What functions in the network call, next to S3. Logs and traces are carried by Lambda itself."""


class NetworkStack(Stack):
    """One VPC in two availability zones, with three kinds of subnets.

    Attributes:
        vpc: the network. Public subnets are the workers', private ones the functions', isolated ones the database's.
        database_clients: the security group of whatever may connect to the database.
        function_subnets: where functions that use the database run.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment) -> None:
        super().__init__(scope, id_, description=f"Number-plate recognition: network ({environment.name})")
        self.vpc = aws_ec2.Vpc(
            self,
            "Vpc",
            max_azs=_ZONES,
            nat_gateways=0,
            ip_protocol=aws_ec2.IpProtocol.DUAL_STACK,
            subnet_configuration=[
                aws_ec2.SubnetConfiguration(name="Workers", subnet_type=aws_ec2.SubnetType.PUBLIC, cidr_mask=20),
                # What leads out of them is the egress-only gateway, for IPv6 alone.
                aws_ec2.SubnetConfiguration(
                    name="Functions", subnet_type=aws_ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20
                ),
                aws_ec2.SubnetConfiguration(
                    name="Database", subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                ),
            ],
        )
        self.function_subnets = aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_WITH_EGRESS)
        self.vpc.add_gateway_endpoint(
            "S3",
            service=aws_ec2.GatewayVpcEndpointAwsService.S3,
            subnets=[aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PUBLIC), self.function_subnets],
        )
        self.database_clients = self._database_clients()
        if environment.way_out == "endpoints":
            self._add_endpoints()
        self._log_refusals()

    def _database_clients(self) -> aws_ec2.SecurityGroup:
        group = aws_ec2.SecurityGroup(
            self,
            "DatabaseClients",
            vpc=self.vpc,
            description="Functions and workers: nobody calls them; they call AWS and the database.",
            allow_all_outbound=False,
        )
        for peer in (aws_ec2.Peer.any_ipv4(), aws_ec2.Peer.any_ipv6()):
            group.add_egress_rule(peer, aws_ec2.Port.HTTPS, "AWS, by TLS")
        # The database's own group would be named here, were it not made later, of this one.
        group.add_egress_rule(
            aws_ec2.Peer.ipv4(self.vpc.vpc_cidr_block), aws_ec2.Port.tcp(POSTGRES_PORT), "The database"
        )
        return group

    def _add_endpoints(self) -> None:
        """Give each service that functions call an address inside, under its usual name."""
        group = aws_ec2.SecurityGroup(
            self, "EndpointAccess", vpc=self.vpc, description="AWS's services", allow_all_outbound=False
        )
        group.add_ingress_rule(self.database_clients, aws_ec2.Port.HTTPS, "Functions and workers")
        for name, service in _CALLED_SERVICES.items():
            self.vpc.add_interface_endpoint(
                name, service=service, subnets=self.function_subnets, security_groups=[group], open=False
            )

    def _log_refusals(self) -> None:
        """What the security groups refused is a sign of trouble, and little; what they let through is not kept."""
        log = aws_logs.LogGroup(
            self, "Refusals", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        self.vpc.add_flow_log(
            "Refused",
            destination=aws_ec2.FlowLogDestination.to_cloud_watch_logs(log),
            traffic_type=aws_ec2.FlowLogTrafficType.REJECT,
        )
