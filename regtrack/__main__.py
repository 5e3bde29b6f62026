"""`python -m regtrack`, the same as `regtrack`."""

from regtrack.cli import main

if __name__ == "__main__":
    main()
