"""Group options of which only one can be given."""

from cyclopts import Group
from cyclopts.validators import mutually_exclusive

FRAMES = Group("Frames of a video (one of them)", validator=mutually_exclusive, sort_key=1)
WORKERS = Group("Workers (one of them)", validator=mutually_exclusive, sort_key=2)
