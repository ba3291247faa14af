"""The staff pages: server-rendered, one module per room, nothing decided in a template."""
