"""What a planner may say: TOML and CSV in, a checked Scenario out."""
