"""What comes in by MQTT: a process of its own, which holds the brokers that the records name."""
