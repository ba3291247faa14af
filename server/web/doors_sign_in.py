"""Rows of `doors_table` about signing in, one's own account, and colleagues' ways in."""

from server.web.doors_row import Row, everybody

SECTIONS: dict[str, tuple[Row, ...]] = {
    "Signing in": (
        everybody("GET", "/sign-in/code", "the second step"),
        everybody("POST", "/sign-in/code", "the second step"),
    ),
}
