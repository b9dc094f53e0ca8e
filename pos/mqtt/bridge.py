"""Taps from the broker into the ledger, answers back.

A tap is acknowledged to the broker after it was committed and its answer was sent; until then it is
the broker's, who brings it again after whatever happened here. So nothing is lost, and what
comes twice is told from its event id.

One thread does it all. It never acknowledges on another connection than the one that brought the
message: numbers of messages are given anew there.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from django.db import Error, close_old_connections
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.clock import received_now
from pos.mqtt.broker import Broker
from pos.mqtt.messages import (
    TAPS,
    DatabaseIsOut,
    answer_to,
    answer_topic,
    is_ours,
    take_other,
)
from pos.mqtt.other_topics import names_of_others

logger = logging.getLogger(__name__)

QOS = 1
KEEP_ALIVE_SECONDS = 30
CONNECT_SECONDS = 5.0
# How long one turn waits for something to happen, and so how late a stop is noticed.
TICK_SECONDS = 0.5
FAREWELL_SECONDS = 2.0
# A connection that lasted this long was good: the next failure is the first again. Two bridges
# with one name push each other out at once, and this keeps them from doing so all day.
GOOD_SECONDS = 30.0
# How late the topics of a reader that was registered or switched off are noticed.
FOLLOW_SECONDS = 10.0


class BackOff:
    """Waits longer after each failure, up to a limit."""

    FIRST, LONGEST = 0.5, 30.0

    def __init__(self) -> None:
        self.seconds = self.FIRST
        self.until = 0.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def failed(self) -> float:
        waits, self.seconds = self.seconds, min(2 * self.seconds, self.LONGEST)
        self.until = time.monotonic() + waits
        return waits

    def succeeded(self) -> None:
        self.seconds = self.FIRST


class Bridge:
    def __init__(self, broker: Broker, *, client_id: str, ca_file: str = "") -> None:
        self.broker = broker
        self.waiting: deque[MQTTMessage] = deque()
        self.link_back_off, self.database_back_off = BackOff(), BackOff()
        self.is_linked = False
        self.linked_at = 0.0
        self.is_leaving = False
        self.others: frozenset[str] = frozenset()
        self.followed_at = 0.0
        self.asked: dict[int, str] = {}
        self.client = self._client(client_id, ca_file)

    def _client(self, client_id: str, ca_file: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,  # the broker keeps what comes while we are away
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_SECONDS
        # No answer waits behind others in this client: each leaves before its tap is acknowledged.
        client.max_inflight_messages = 0
        if self.broker.username is not None:
            client.username_pw_set(self.broker.username, self.broker.password)
        if self.broker.is_tls:
            client.tls_set(ca_certs=ca_file or None)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def run(self, *, is_stopped: Callable[[], bool]) -> None:
        while not is_stopped():
            close_old_connections()  # has one that died replaced, and one that is kept looked at
            self.turn()
        self.close()

    def turn(self) -> None:
        """Do what there is to do, or wait a moment for something."""
        if self.is_linked or self._link():
            if self.client.loop(TICK_SECONDS) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._lost("no connection")
            self._follow_others()
            self._work()
        else:
            time.sleep(TICK_SECONDS)

    def close(self) -> None:
        """Say goodbye; what was not acknowledged stays with the broker."""
        self.is_leaving = True
        self.client.disconnect()
        deadline = time.monotonic() + FAREWELL_SECONDS
        while self.is_linked and time.monotonic() < deadline:
            if self.client.loop(TICK_SECONDS) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break

    # --- the connection ---------------------------------------------------------------------------

    def _link(self) -> bool:
        if not self.link_back_off.is_over:
            return False
        try:
            self.client.connect(self.broker.host, self.broker.port, KEEP_ALIVE_SECONDS)
        except (OSError, ValueError) as error:  # a ValueError: TLS does not like the host's name
            self._plan_link(str(error))
            return False
        self.is_linked, self.linked_at = True, time.monotonic()
        return True

    def _lost(self, reason: str) -> None:
        if self.is_linked:
            self.is_linked = False
            self.waiting.clear()  # the broker brings them again
            if self.is_leaving:
                return
            if time.monotonic() - self.linked_at > GOOD_SECONDS:
                self.link_back_off.succeeded()
            self._plan_link(reason)

    def _plan_link(self, reason: str) -> None:
        waits = self.link_back_off.failed()
        logger.warning("Broker %s: %s; again in %g s.", self.broker, reason, waits)

    def _on_connect(
        self,
        client: Client,
        userdata: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            logger.error("Broker %s refuses: %s.", self.broker, reason)
            return  # it hangs up
        logger.info("Connected to broker %s.", self.broker)
        # Each time: the broker may have lost the session. Where it has it, this changes nothing.
        self.others, self.followed_at, self.asked = frozenset(), 0.0, {}
        self._subscribe(TAPS)

    def _on_subscribe(
        self,
        client: Client,
        userdata: Any,
        number: int,
        reasons: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            topic = self.asked.get(number, TAPS)
            logger.error("Broker %s does not let us read %s.", self.broker, topic)

    def _on_disconnect(
        self,
        client: Client,
        userdata: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._lost(str(reason))

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self.waiting.append(message)

    def _subscribe(self, topic: str) -> None:
        _, number = self.client.subscribe(topic, QOS)
        if number is not None:
            self.asked[number] = topic

    def _follow_others(self) -> None:
        """Listen to what readers of other makers publish by now, and to no others any more."""
        is_due = time.monotonic() - self.followed_at > FOLLOW_SECONDS
        if not (is_due and self.client.is_connected() and self.database_back_off.is_over):
            return
        try:
            wanted = names_of_others()
        except Error as error:
            waits = self.database_back_off.failed()
            said = str(error).strip()
            logger.warning("Nobody knows the topics of readers (%s); again in %g s.", said, waits)
            return
        for topic in sorted(wanted - self.others):
            self._subscribe(topic)
        for topic in self.others - wanted:
            self.client.unsubscribe(topic)
        self.others, self.followed_at = wanted, time.monotonic()

    # --- the taps ---------------------------------------------------------------------------------

    def _work(self) -> None:
        """Record, answer and acknowledge what waits, in order.

        The broker bounds how much that is: it sends no more than it is willing to have in flight.
        """
        while self.waiting and self.database_back_off.is_over:
            message = self.waiting[0]
            answer = self._recorded(message)
            if answer is None:
                return
            if answer:
                self.client.publish(answer_topic(message.topic), answer, QOS)
            # The connection may have gone while we wrote, and everything that waited with it.
            if self.waiting:
                self.waiting.popleft()
                self.client.ack(message.mid, message.qos)

    def _recorded(self, message: MQTTMessage) -> bytes | None:
        """The answer, empty for who does not listen; None while the database cannot record."""
        payload, now, answer = bytes(message.payload), received_now(), b""
        try:
            if is_ours(message.topic):
                answer = answer_to(message.topic, payload, received_at=now)
            elif not message.retain:  # what a broker remembers is a state, and was taken before
                take_other(message.topic, payload, received_at=now)
        except DatabaseIsOut as error:
            waits = self.database_back_off.failed()
            said = str(error.__cause__).strip()
            logger.warning("%s (%s); again in %g s.", error.outage.cause, said, waits)
            return None
        self.database_back_off.succeeded()
        return answer
