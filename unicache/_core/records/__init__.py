"""What lies under a key, as values and as bytes: codecs, compression, seals, the envelope. Pure."""
