"""The other door for readers: taps by MQTT, recorded and answered as over HTTP."""
