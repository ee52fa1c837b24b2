"""Traces for OpenTelemetry: a span for a run, each round, each step, each attempt of a call, each job that is awaited.

Nothing of OpenTelemetry is imported before its own environment variables ask for traces (`asking`). What they say is
read by its SDK (`sdk`); the spans are made in `spans`, which is told by calls, events and rounds; `ports` lets what a
worker does know whose it is.
"""
