"""What the user configures: URLs and options, checked, as values. Nothing here opens anything."""
