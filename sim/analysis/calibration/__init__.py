"""From a log, published percentages or a published target to an overlay with provenance."""
