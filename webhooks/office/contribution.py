"""What webhooks bring to the office."""

from accounts.roles import Capability
from office.registry import Contribution
from office.tasks import TaskFinder
from webhooks.office.pages import DeleteWebhook, NewSecret, ResendDelivery, SendTest
from webhooks.office.tasks import webhooks_in_trouble

CONTRIBUTION = Contribution(
    views=(NewSecret, SendTest, DeleteWebhook, ResendDelivery),
    tasks=(TaskFinder(Capability.ADMINISTER, webhooks_in_trouble),),
)
