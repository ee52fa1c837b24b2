"""A plan is carried out: what may start is in `schedule`, what becomes of it in `lifecycle`, the loop in `executor`."""
