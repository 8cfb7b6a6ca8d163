"""A load generator: raw sockets in a few processes, measuring a hub, or any server, from outside."""
