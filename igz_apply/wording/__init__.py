"""What views and reports say alike: names made safe to show, problems as data, the dangers of a plan."""
