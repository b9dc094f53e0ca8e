"""What webhooks bring to the office."""

from office.registry import Contribution

CONTRIBUTION = Contribution()
