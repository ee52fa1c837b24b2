"""All that is true of Iguazio 3 alone; the rest of igz-apply is handed `platform.IGUAZIO3`, and opens nothing in it."""
