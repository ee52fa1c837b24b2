"""One HTTP call that comes through: sent, tried again where that is safe, judged, and free of secrets in what it says.

The only user of `requests`. It knows no API: a `Dialect` says how one speaks, `Credentials` how a caller proves who it
is to it, and a `Transport` carries a request. It knows neither its callers nor anything else of igz-apply.
"""
