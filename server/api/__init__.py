"""The staff API for programs: JSON under /api/v1, opened by a token, thin over what the pages call too."""
