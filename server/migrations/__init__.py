"""How the tables came to be: Alembic revisions, run at every start."""
