"""Run the command line with ``python -m fer_utils``."""

from fer_utils.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
