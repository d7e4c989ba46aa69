"""`python -m photoz partitions` and `python -m photoz export`."""

import sys

from photoz.commands import main

sys.exit(main())
