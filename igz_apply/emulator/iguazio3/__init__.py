"""Iguazio 3 on the engine: its tables, rules, envelope, routes, logins and background jobs.

It is ignorant of the reconciler, of its client, and of every other API that is emulated beside it.
"""
