"""All that is true of Iguazio 4 alone: its kinds, and how they are read and written."""
