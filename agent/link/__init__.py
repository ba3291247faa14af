"""How the agent's processes talk: typed JSON lines, capped in size, never pickle."""
