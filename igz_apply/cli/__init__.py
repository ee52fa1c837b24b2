"""The command line: options become values, parts are wired together, and what is raised becomes an exit code."""
