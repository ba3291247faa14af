// Words for the codes in reports and cases. Adults' words: a child chose a picture or a sentence, not these.
// @ts-check

import { say } from "./words.js";

/** @type {Record<string, string>} */
export const COARSE = { staff: say("About staff"), contact: say("Contact"), conduct: say("Conduct"), content: say("Content") };
/** @type {Record<string, string>} */
export const HARMS = {
  content: say("Saw something upsetting"),
  contact: say("Somebody makes contact"),
  conduct: say("How somebody behaves"),
  bullying: say("Being horrible, bullying"),
  "sexual-image": say("Private picture"),
  harassment: say("Harassment"),
  exploitation: say("Exploitation"),
  hate: say("Hate"),
  extremism: say("Extremism"),
  illegal: say("Something illegal"),
  "filter-breach": say("Got past the filter"),
  "offensive-message": say("Offensive message"),
  other: say("Something else"),
};
/** @type {Record<string, string>} */
export const SUBJECTS = {
  "nobody-known": say("nobody known"),
  pupil: say("a pupil"),
  outside: say("somebody from outside"),
  staff: say("somebody who works at school"),
  head: say("the head"),
};
/** @type {Record<string, string>} */
export const WHOM = {
  me: say("themselves"),
  friend: say("a friend"),
  somebody: say("somebody else"),
  "staff-self": say("the writer, by accident"),
  visitor: say("a visitor"),
};
/** @type {Record<string, string>} */
export const WHERE = { here: say("at school"), home: say("at home"), phone: say("on a phone"), elsewhere: say("somewhere else") };
/** @type {Record<string, string>} */
export const URGENCY = { danger: say("Someone may be in danger"), soon: say("soon"), "when-you-can": say("when there is time") };
/** @type {Record<string, string>} */
export const NAMING = {
  named: say("The adults who help may know the name."),
  "lead-only": say("Name known to you only."),
  unnamed: say("No name was given. Laptop and time may still tell who it was: do not go looking without need."),
};
/** @type {Record<string, string>} */
export const STAFF_WHAT = {
  "on-behalf": say("Passed on for a pupil"),
  concern: say("A concern from the lab"),
  accidental: say("Seen by accident"),
  visitor: say("A visitor’s doing"),
  "private-contact": say("A pupil contacted me privately"),
  "content-conflict": say("Something online at odds with somebody’s work at school"),
  complaint: say("Complaint"),
  whistleblowing: say("Whistleblowing"),
};
/** @type {Record<string, string>} */
export const TASKS = {
  parents: say("Inform parents"),
  "agency-advice": say("Ask an agency for advice"),
  "agency-referral": say("Refer to an agency"),
  debrief: say("Debrief those involved"),
  support: say("Offer support"),
  "blocking-advice": say("Advise on blocking and removing"),
  isolate: say("Isolate something"),
  "talk-with-child": say("Talk with the child"),
  "second-review": say("Second review by somebody else"),
  other: say("Something else to do"),
};
/** @type {Record<string, string>} */
export const METHODS = { meeting: say("in person"), phone: say("by phone"), letter: say("by letter"), message: say("by message") };
/** @type {Record<string, string>} */
export const PROCEDURES = {
  complaint: say("Complaint procedure"),
  bullying: say("Bullying procedure"),
  behaviour: say("Behaviour procedure"),
  protection: say("Child protection procedure"),
  "staff-conduct": say("Staff conduct procedure"),
};
/** @type {Record<string, string>} */
export const THINGS = { laptop: say("laptop"), phone: say("phone"), tablet: say("tablet"), stick: say("memory stick"), paper: say("paper"), other: say("something else") };
/** @type {Record<string, string>} */
export const DID = {
  taken: say("taken in"),
  stored: say("locked away"),
  moved: say("moved"),
  "handed-over": say("handed over"),
  returned: say("given back"),
  secured: say("secured: logins and sticks shut"),
  released: say("released"),
};
/** Why the server would not do it, in words that say what to do. */
/** @type {Record<string, string>} */
export const REFUSALS = {
  acknowledged: say("Somebody has acknowledged it already."),
  closed: say("This case is closed. Open it again first."),
  "not-closed": say("This case is not closed."),
  unchanged: say("It is so already."),
  held: say("Contact is on hold: let it go first, or leave this task."),
  done: say("This task is settled already."),
  "needs-note": say("Write why."),
  "needs-reason": say("Write why it was not done."),
  "needs-date": say("Say on which day, not to come, and how."),
  "needs-place": say("Say where the thing is: the technician sees the place and nothing else."),
  "needs-justification": say("Write why it had to be viewed: at least 20 letters."),
  "needs-outcome": say("Write what came of it and what was learnt."),
  "needs-owner": say("Say who sees to it, and by when."),
  "same-person": say("A second review needs another adult than the one who took the case up."),
  "lead-or-head": say("Only the safeguarding lead or the head opens a secured laptop again."),
  "no-laptop": say("No laptop belongs to this case."),
  quarantined: say("A laptop is still secured for this case: release it first."),
  "parents-open": say("Parents: say that they were informed, or why not."),
  "debrief-open": say("The debrief is not settled yet."),
  "review-open": say("The second review is not done yet."),
  "tasks-open": say("There are tasks that are not settled yet."),
  "no-reply": say("No answer can reach this pupil."),
  "same-case": say("That is this case itself."),
  excluded: say("This case was kept from that person on purpose."),
  "not-listed": say("That person’s key is not on the list in force. Load the page again."),
  readers: say("Somebody was let in or left meanwhile. Load the case again; what you typed is kept sealed in this tab."),
  "wrong-circle": say("This cannot be sealed to these people. Load the page again."),
  "old-page": say("This page is too old. Load it again; what you typed is kept sealed in this tab."),
  "not-found": say("There is nothing here that you can open."),
  "not-allowed": say("This is not open to you."),
  "too-large": say("That was too large. Nothing was changed."),
  "wrong-password": say("This is not the password you sign in with."),
  guesses: say("Too many tries. Wait a quarter of an hour, then try again."),
  busy: say("Too many at once. Wait a minute."),
  broken: say("Something broke in the server. Nothing was changed; try again."),
};
