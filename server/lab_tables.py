"""Tables of the teacher's lab: how rooms are arranged, who supervised when, duties, and what was said.

Each part below belongs to one migration: r0011 lab, r0012 rooms, r0013 duties, r0014 classes, r0015 after.
"""

from server.tables import metadata

_ = metadata
