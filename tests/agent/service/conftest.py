import pathlib
import sys

# The fakes of this part stand beside the tests and are shared with tests/days.
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
