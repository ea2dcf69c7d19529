import os
import sys

os.execvp(sys.argv[1], sys.argv[1:])
