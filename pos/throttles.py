from trackxpert.throttling import PerAddressThrottle


class PairThrottle(PerAddressThrottle):
    scope = "pair"
