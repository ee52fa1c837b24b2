"""`python -m igz_apply` is the same as the console script `igz-apply`."""

from igz_apply.cli.main import main

if __name__ == "__main__":
    main()
