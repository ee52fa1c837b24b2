"""What all tests share: how hard the property tests try. HYPOTHESIS_PROFILE=thorough draws thousands of examples."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile("default", deadline=None, suppress_health_check=_QUIET)
settings.register_profile("thorough", deadline=None, suppress_health_check=_QUIET, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
