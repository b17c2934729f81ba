"""The version of the engine, stored with every result."""

__version__ = "0.1.0"
