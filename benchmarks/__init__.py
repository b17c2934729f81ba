"""How fast the engine is, beside what people would use instead; see README.md."""
