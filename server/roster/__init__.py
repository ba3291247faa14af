"""The list of people: read from files, compared with what stands, applied, kept with its history."""
