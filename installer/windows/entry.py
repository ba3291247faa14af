"""What both frozen programs start: the console one for service and people, the windowed one in each login."""

import sys

from agent.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
