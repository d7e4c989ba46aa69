"""`python -m photoz partitions`, `python -m photoz export`, and the stage as ceci starts it."""

import sys

if sys.argv[1:2] == ["PhotozEstimator"]:
    # ceci starts a stage as `python -m PACKAGE STAGE`, with options of its own.
    from ceci import PipelineStage

    import photoz.rail  # noqa: F401 (it makes the stage known)

    sys.exit(PipelineStage.main())

from photoz.commands import main

sys.exit(main())
