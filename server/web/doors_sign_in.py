"""Rows of `doors_table` about signing in, one's own account, and colleagues' ways in."""

from server.web.doors_row import Row, every, everybody, row

SECTIONS: dict[str, tuple[Row, ...]] = {
    "Signing in": (
        everybody("GET", "/sign-in/code", "the second step"),
        everybody("POST", "/sign-in/code", "the second step"),
        everybody("GET", "/sign-in/provider", "to the school's OpenID provider"),
        everybody("GET", "/sign-in/provider/back", "and back; opens to a linked account only"),
        everybody("GET", "/invitation/{token}", "choose a password, for who holds an unused link"),
        everybody("POST", "/invitation/{token}", "choose a password, for who holds an unused link"),
    ),
    "My account": (
        every("GET", "/account", "one's own password, second step, sessions, tokens"),
        every("GET", "/account/password", "change it"),
        every("POST", "/account/password", "change it"),
        every("POST", "/account/known", "somebody knows it: end everything else"),
        every("GET", "/account/second-step", "set it"),
        every("POST", "/account/second-step/begin", "begin to set it"),
        every("POST", "/account/second-step", "switch it on with a first code"),
        every("POST", "/account/second-step/remove", "take it away"),
        every("POST", "/account/codes", "make new recovery codes"),
        every("POST", "/account/sessions/{session}/end", "end one of one's own sessions"),
        every("POST", "/account/sessions/end", "end all others of one's own"),
        every("POST", "/account/tokens", "make a token for a program"),
        every("POST", "/account/tokens/{token}/end", "end one of one's own"),
        every("POST", "/account/language", "choose the language"),
    ),
    "How colleagues sign in": (
        row("POST", "/staff/{name}/invite", "make an invitation link", technician="own", head="own"),
        row(
            "POST", "/staff/{name}/second-step/reset", "take a second step away",
            technician="own", head="own",
        ),
        row("POST", "/staff/{name}/sessions/end", "end every session", technician="own", head="own"),
        row("POST", "/staff/{name}/provider", "link the school account", technician="own", head="own"),
        row("POST", "/staff/{name}/provider/remove", "end that link", technician="own", head="own"),
        row("GET", "/staff/break-glass", "how the break-glass account stands", head="yes"),
        row("POST", "/staff/break-glass", "seal it anew", head="yes"),
    ),
}  # fmt: skip
