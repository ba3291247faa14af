"""The calls of Windows we use, a thin typed slice for each subject; nothing here decides anything."""
