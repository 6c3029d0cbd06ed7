"""``python -m aimem``: the program itself."""

import os
import sys

from . import binary

os.execv(binary(), ["aimem", *sys.argv[1:]])
