"""Tables about how adults sign in: second factors, recovery codes, invitations, providers, tokens."""
