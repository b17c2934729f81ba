"""officesim: office space, savings and desk shortage under remote work."""
