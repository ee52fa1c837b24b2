"""The kinds of resources that igz-apply manages, in plain sight: one table each."""

from igz_apply.iguazio3.app_service import APP_SERVICE
from igz_apply.iguazio3.group import GROUP
from igz_apply.iguazio3.neighbours import NEIGHBOURS, WITHOUT
from igz_apply.iguazio3.policies import POWERS
from igz_apply.iguazio3.project import PROJECT
from igz_apply.iguazio3.user import USER
from igz_apply.model.kind import Kinds

KINDS = Kinds((USER, GROUP, PROJECT, APP_SERVICE), POWERS, "iguazio.com/v1", without=WITHOUT, neighbours=NEIGHBOURS)

__all__ = ["APP_SERVICE", "GROUP", "KINDS", "PROJECT", "USER"]
