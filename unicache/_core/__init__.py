"""The engine: everything that decides, written once, importing no event model."""
