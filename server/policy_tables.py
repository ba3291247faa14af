"""Tables about settings: revisions, proposed changes, approvals, rollouts and what each laptop is given."""
