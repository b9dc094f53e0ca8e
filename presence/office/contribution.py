"""What presence brings to the office."""

from office.registry import Contribution

CONTRIBUTION = Contribution()
