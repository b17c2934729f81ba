"""Results as labelled Datasets, summaries and files."""
