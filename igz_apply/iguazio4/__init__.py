"""Iguazio 4: another API than that of Iguazio 3, with a client of its own."""
