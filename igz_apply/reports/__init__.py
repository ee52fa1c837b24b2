"""Plans and reports as files: for reviewers, for CI, for other programs, and for `apply --plan`."""

from igz_apply.reports.markdown import marker
from igz_apply.reports.planfiles import plan_bytes, read_plan, write_plan
from igz_apply.reports.write import FORMS, form_of, write_report

__all__ = ["FORMS", "form_of", "marker", "plan_bytes", "read_plan", "write_plan", "write_report"]
