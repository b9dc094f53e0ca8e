from core.throttling import PerAddressThrottle, PerUserThrottle


class CreateThrottle(PerUserThrottle):
    scope = "card_create"


class PrintThrottle(PerUserThrottle):
    scope = "print"


class VerifyThrottle(PerAddressThrottle):
    scope = "verify"
