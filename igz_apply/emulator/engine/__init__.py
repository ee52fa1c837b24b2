"""The engine of an emulated API: state in a file, one transaction a request, faults, a log, a server.

It is ignorant of every API: of envelopes, routes, kinds of records, credentials and rights. Who serves one hands
them in.
"""
