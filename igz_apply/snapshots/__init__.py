"""What lives and what is owned, kept in a file: a plan can be made of it where nobody may reach the cluster."""
