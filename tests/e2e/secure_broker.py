"""A broker with TLS, logins and rights of the test's own; see scripts/kafka start --secure."""

import pathlib

import harness


class SecureBroker:
    """Addresses by listener, certificates, users and rights. Ends with this process."""

    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        said = self.start()
        self.plain, self.sasl_ssl, self.ssl = said["bootstrap"], said["sasl_ssl"], said["ssl"]
        self.expired, self.tls = said["expired"], pathlib.Path(said["tls"])

    def start(self):
        """What scripts/kafka says; a stopped broker comes back at its addresses with its data."""
        return harness.start_listeners(self.dir, "--secure")

    def stop(self):
        harness.stop_broker(self.dir)

    def add_user(self, user, password):
        harness.kafka_tool(self.dir, "configs", "--alter", "--entity-type", "users",
                           "--entity-name", user, "--add-config", f"SCRAM-SHA-512=[password={password}]")

    def grant(self, principal, operation, *resource):
        """`resource` as Kafka's tool has it: "--topic", "clicks"."""
        harness.kafka_tool(self.dir, "acls", "--add", "--allow-principal", principal, "--operation",
                           operation, *resource)

    def revoke(self, principal, operation, *resource):
        harness.kafka_tool(self.dir, "acls", "--remove", "--force", "--allow-principal", principal,
                           "--operation", operation, *resource)

    def login(self, user, password, ca="ca.pem"):
        """kafka.client options of a SCRAM user."""
        return {"security.protocol": "sasl_ssl", "sasl.mechanisms": "SCRAM-SHA-512",
                "sasl.username": user, "sasl.password": password,
                "ssl.ca.location": str(self.tls / ca)}

    def certificate(self):
        """kafka.client options of mutual TLS, as User:CN=worker."""
        return {"security.protocol": "ssl", "ssl.ca.location": str(self.tls / "ca.pem"),
                "ssl.certificate.location": str(self.tls / "client.pem"),
                "ssl.key.location": str(self.tls / "client.key")}
