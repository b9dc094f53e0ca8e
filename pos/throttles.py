from core.throttling import PerAddressThrottle


class PairThrottle(PerAddressThrottle):
    scope = "pair"
