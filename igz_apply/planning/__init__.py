"""Desired, live and owned state become a plan, and the reasons why it may not run."""
