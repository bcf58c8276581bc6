"""From calls and keys to the names of keys on the server: injective, and the same in every process. Pure."""
