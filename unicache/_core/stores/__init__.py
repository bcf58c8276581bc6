"""What a key holds and what may become of it, in this process or on a server: one protocol, several stores."""
