"""The monitoring stack: what is watched, who is told, and one page that shows it all."""

from aws_cdk import Stack
from constructs import Construct

from infra.environments import Environment
from infra.monitoring.alarms import Alarms
from infra.monitoring.dashboard import OperationsDashboard
from infra.monitoring.measures import Measures


class MonitoringStack(Stack):
    """Alarms, their topic and the dashboard of one environment; it may be removed and made again at any time.

    Attributes:
        alarms: the alarms.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, measures: Measures) -> None:
        """Make the stack.

        Args:
            scope: the application.
            id_: the stack's name.
            environment: the deployment's decisions.
            measures: what can be measured of the other stacks.
        """
        super().__init__(scope, id_, description=f"Number-plate recognition: monitoring ({environment.name})")
        self.alarms = Alarms(self, "Alarms", environment=environment, measures=measures)
        OperationsDashboard(self, "Operations", environment=environment, measures=measures, alarms=self.alarms.alarms)
