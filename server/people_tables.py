"""Tables about people beyond `people`: arrangements, restrictions, inductions, meetings, countersigned."""
