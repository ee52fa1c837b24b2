"""What an apply tells while it runs, and what a command found, on a terminal or as JSON lines."""
