"""The kinds of resources that igz-apply manages on Iguazio 4, in plain sight: one table each."""

from igz_apply.iguazio4.group import GROUP
from igz_apply.iguazio4.neighbours import NEIGHBOURS, WITHOUT
from igz_apply.iguazio4.policies import POWERS
from igz_apply.iguazio4.policy_binding import POLICY_BINDING
from igz_apply.iguazio4.project import PROJECT
from igz_apply.iguazio4.user import USER
from igz_apply.model.kind import Kinds

KINDS = Kinds((USER, GROUP, POLICY_BINDING, PROJECT), POWERS, "iguazio.com/v4", without=WITHOUT, neighbours=NEIGHBOURS)

__all__ = ["GROUP", "KINDS", "POLICY_BINDING", "PROJECT", "USER"]
