"""What people write, judged and explained without a file."""
