all-services = All services
search-results = Search results
search-label = Find a service or a case
search-button = Search
nothing-found = Nothing matches these words. Try a shorter word, or the list of all services.
fee = Fee
free = free
how-long = How long it takes
how-collected = How you collect it
who-may-apply = Who may apply
what-is-needed = What you need
sample-note = Fees, promises and addresses here are samples.
offices = Offices and hours
open-today = open today
closed-today = closed today
step-free = step-free entrance
not-step-free = there are steps at the entrance; call, and somebody helps
steps = steps at the entrance
address = Address
phone = Telephone
hours = Hours
hours-between = { $opens } to { $closes }
days = Days
days-between = { $first } to { $last }
access = Access
closures = Coming closures
no-closures = No closure is announced.
list-comma = {", "}
monday = Monday
tuesday = Tuesday
wednesday = Wednesday
thursday = Thursday
friday = Friday
saturday = Saturday
sunday = Sunday
apply = Apply
back = Back
back-to-service = The service’s page
start = Start
drafts = Saved drafts
draft-saved = Draft saved at
too-low = Your account is limited until your identity is verified.
too-low-draft = You can write a draft now, and send it once you are verified.
too-low-next = Sign in with a code to a registered number, or show your card at an office.
step-up = Sign in with a code
known-low = What registers hold is shown here once your identity is verified.
register-silent = The register does not answer now. Go on: the data is checked when it is back, and nothing is lost.
register-refused = The data exchange refused the look-up: there is no agreement in force, or the agency’s certificate was revoked. Go on: the data is checked later.
not-registered = Not registered
from-source = Source:
wrong-data = Data is corrected by the authority that keeps the register.
save-and-continue = Save and continue
saved-at = Draft saved at
error-prefix = Error:
summary-title = There is something to mend
too-long = { $length ->
    [one] The answer is longer than one character
   *[other] The answer is longer than { $length } characters
}
no-number = Give a whole number in digits
check-title = Check your answers
not-sent = Draft, not sent
not-sent-yet = This is a draft. It has not been sent yet.
continue-draft = Continue the draft
to-be-checked = To be checked
no-answer = No answer
change = Change
declare = By sending, you declare that your answers are true.
submit = Send the application
discard = Delete the draft
cases-title = My cases
no-cases = No cases yet. Each case appears here from its first draft.
wallet = Wallet of papers
promise = Expected by
refused-because = Why it was refused:
refused-next = You can apply again once this is mended. Objections are made at an office.
promise-once-paid = Time it takes once it is paid
promise-usual = Time it usually takes
held-by = With:
held-since = since
ahead-pay = Payment of the fee
ahead-decide = The decision
ahead-issue = The paper is issued
ahead-deliver = You collect the paper at the office
marked-explained = An answer from a register is missing. It is asked again and again; your case is safe.
pay-now = To be paid:
pay = Pay the fee
asked-of-you = The clerk asks you:
your-answer = Your answer
send-answer = Send the answer
pick-up = The paper is ready for you at
pick-up-number = Case number:
pick-up-locked = Handing over is locked: the pick-up code was typed wrongly five times. A supervisor looks at it; then a new code appears here, and a message tells you. The paper is safe at the office.
money-held = { $amount } are kept by the treasury and go back to whoever paid, because the bill had been settled. Receipt number: { $receipt }
payment-receipt = Receipt of payment
waiver-notice = Notice of the waiver
timeline = Timeline
receipt = signed receipt
account-title = Account and security
feedback = How was this service?
feedback-5 = Excellent
feedback-4 = Good
feedback-3 = Fair
feedback-2 = Poor
feedback-1 = Bad
feedback-send = Send
inbox-title = Messages
inbox-empty = No messages.
inbox-new = New
looks-title = Who looked at my data
looks-explained = Every look-up of your data in the state’s registers, and every clerk’s look at a case of yours.
looks-none = Nobody has looked yet.
looked-by = Looked up by:
look-answered = Answered
look-unanswered = Not answered
look-case = The case and its data
look-paper = The issued paper
look-account = The account
the-case = The case
purpose-account = To open the account
purpose-counter = To compare you with your photo at an office
purpose-form = To show data in an application
purpose-submit = When the application was sent
purpose-decide = To decide the case
purpose-paper = To see whether the paper holds
purpose-account-care = Looking after accounts
paper-revoked = Revoked
who-you = You
who-officer = A clerk
who-agency = An agency
who-system = This portal
stage-draft = Draft
stage-checking = Waiting for a register
stage-paying = Waiting for payment
stage-deciding = With a clerk
stage-asked = Waiting for your answer
stage-issuing = The paper is being issued
stage-delivering = On its way to you
stage-ready = Ready to be collected
stage-refused = Refused
stage-withdrawn = Withdrawn
stage-completed = Completed
event-started = Draft begun
event-submitted = Application sent
event-marked = A register’s answer is missing: to be checked
event-billed = Bill issued
event-paid = Fee paid
event-waived = Fee waived
event-taken = Taken by a clerk
event-asked = You were asked for something
event-answered = You answered
event-eligible = Conditions met
event-approved = Approved
event-refused = Refused
event-issued = Paper issued and sealed
event-sent = Paper left for the post office
event-arrived = Paper arrived at the post office
event-locked = Hand-over locked after five wrong codes
event-unlocked = New pick-up code issued
event-money-held = A further payment came
event-collected = Paper collected
event-withdrawn = Withdrawn
event-completed = Case completed
event-revoked = Paper revoked
notice-more = Details are on the case’s page.
notice-short = Hukumati: there is news of a case of yours. Sign in to the portal for details.
not-now = This is not possible at the case’s present stage.
not-now-next = The case’s page shows where it stands.
incomplete = Some questions have no answer yet.
not-yours = Another clerk has this case, or nobody has taken it.
desk-title = Desk
desk-queue = Waiting cases
desk-parcels = Send papers
desk-papers = Issued papers: find, revoke
desk-identity = Accounts and sign-in
desk-counter = Prove who somebody is
desk-collection = Receive papers and hand them over
desk-exchange = Data exchange: agreements and security servers
desk-certificates = Certificates
desk-nothing = There is no work for this role here yet.
queue-empty = No cases are waiting.
queue-empty-next = A case appears here when it reaches this unit. Nothing is to be done now.
late = Overdue
cases-waiting = { $count ->
    [0] No case is waiting
    [one] One case is waiting
   *[other] { $count } cases are waiting
}
column-case = Case
column-since = Sent
column-promise = Promised
column-stage = Stage
column-act = Act
open-case = Open
take-case = Take the case
taken-by-other = With another clerk
look-recorded = This look is recorded, and the person sees it.
citizen-answers = The person’s answers
register-data = What registers hold
decision-words = Reason or question
decision-words-hint = Needed to reject or to ask; the person reads it.
approve = Approve
reject = Reject
ask-more = Ask for one thing
words-missing = Give the reason to reject, or the question to ask.
back-to-case = The case’s page
parcels-none = No papers wait to be sent.
parcels-none-next = A paper appears here once its case is approved, if it is collected at an office.
parcels-to-send = { $count ->
    [0] No paper waits to be sent
    [one] One paper waits to be sent
   *[other] { $count } papers wait to be sent
}
parcels-coming = { $count ->
    [0] No papers on their way
    [one] One paper on its way
   *[other] { $count } papers on their way
}
parcels-ready = { $count ->
    [0] no papers at the office
    [one] One paper at the office
   *[other] { $count } papers at the office
}
parcels-waiting = { $count ->
    [one] One paper
   *[other] { $count } papers
}
parcels-locked = Papers whose hand-over is locked
parcels-locked-hint = The pick-up code was typed wrongly five times. Only the person sees the new one.
new-code = Issue a new code
send-manifest = Send by manifest
manifests-coming = Manifests on their way
manifests-none = No manifest is on its way.
manifests-none-next = A manifest appears here once the issuing unit sends it. When its papers arrive, press “Manifest received”.
received = Manifest received
hand-over = Hand the paper over
handed-over = The paper was handed over; the case is completed.
case-number = Case number
pick-up-code = Pick-up code
compared = I compared the card with the person
compare-first = Compare the card with the person before handing over.
code-wrong = { $left ->
    [one] The code is wrong; one try is left
   *[other] The code is wrong; { $left } tries are left
}
parcel-locked = Locked after five wrong codes. A supervisor of the issuing office gives a new code, which the person finds on the case’s page.
parcel-not-here = No paper of this case is at this office.
parcels-here = Papers at this office
parcels-here-none = No papers are at this office. They are counted here once their manifest is received.

## acting for another
out-of-mandate-title = The mandate does not cover this service
out-of-mandate = You act for another, and their mandate does not cover this service.
out-of-mandate-next = The other person can give a mandate for it, or apply themselves.
who-other = another person
look-acting = Began to act for you
purpose-acting = acting for another
notice-by-agent = { $name } did this for you.
notice-as-agent = It is about a case that you sent for another. To read it, act for them again.

## the calendar and its promises
event-promise-moved = The promised time changed
event-late = The promised time is over
promise-moved = Now expected by { $now }; it was { $old }. The reason: { $why }
promise-after-answer = The clock stood still until you answered or paid.
promise-by-decree = { $name }, by decree { $number } of { $day }
promise-provisional = Provisionally expected by
promise-provisional-hint = The sighting of the moon may move this date. A message tells you of any change.
promise-stopped = The clock stands still until you answer or pay. The new date appears here then.
promise-over = The promised time is over. The Cabinet’s quality office has been told.
median = In the last ⁨90⁩ days, half of the cases took { $time } or less.
median-kept = { $percent } of every ⁨100⁩ kept their promise.
working-days = { $count ->
    [one] one working day
   *[other] { $count } working days
}
minutes = { $count ->
    [one] one minute
   *[other] { $count } minutes
}
date-provisional = Provisional date
date-provisional-hint = A provisional date is computed by the Umm al-Qura calendar. A decree makes it final once the moon is sighted.
mark-half = Half of the time is used
mark-near = Due soon
desk-late = Late cases, and those due soon
late-own = Cases with you that have used half of their time, the most urgent first.
late-unit = Cases of the unit that have used ⁨80⁩ per cent of their time, the most urgent first.
late-all = Cases of every unit whose promised time is over, the oldest first.
late-none = No case is late now.
column-unit = Unit
desk-calendar = Government calendar
calendar-explained = Holidays, hours and closures. Each changes by a decree that one officer proposes and another confirms. Offices’ pages change at once, and the promises of open cases are planned again.
calendar-bare-year = No holiday of { $year } is set yet.
calendar-coming = In force now and coming
new-holiday = Add a holiday
new-hours = Change the hours
new-closure = Close offices
new-weekend = Change the weekend
change-entry = Confirm or change by decree
change-explained = Keep the days to confirm a provisional date; give other days to move it.
end-entry = End by decree
end-propose = Propose the end
decrees-waiting = Waiting for a second officer
decrees-none = Nothing waits for a second officer.
decrees-decided = Decided last
column-entry = Entry
column-days = Days
column-scope = Offices concerned
column-decree = Decree
no-decree = no decree yet
sample-entry = sample
kind-holiday = Public holiday
kind-hours = Hours
kind-closure = Closure
kind-weekend = Weekend
scope-all = All offices
scope-governorate = { $name } governorate
from-day = from { $day } on
decree-proposed = Waits for a second officer
decree-in-force = In force
decree-replaced = Replaced by a later decree
decree-ended = Ended what was before
decree-rejected = Rejected
decree-withdrawn = Withdrawn by its proposer
decree-overtaken = Another decree came first
decree-by = Proposed by
decree-decided-by = Decided by
entry-ends = End:
entry-instead = In the place of
entry-own = Another officer confirms this proposal.
entry-effect = Once confirmed, the promises of open cases are planned again. Everybody whose promise moves is told.
entry-approve = Confirm the decree
entry-withdraw = Withdraw the proposal
entry-propose = Submit the proposal
entry-gone = This entry changed after it was shown, and nothing was applied. The calendar’s page shows what holds now.
first-day = First day
last-day = Last day
opens-at = Opens at
closes-at = Closes at
free-days = Days of the weekend
name-arabic = Name in Arabic
name-english = Name in English
decree-number = Number of the decree
decree-day = Date of the decree
day-like = Such as ⁦2027-06-30⁩.
hour-like = Such as ⁦09:00⁩.
wrong-name = Give a name in Arabic and one in English
wrong-decree = Give the number of the decree
wrong-decree-day = Give the date of the decree: today or earlier
wrong-first = Give a first day that has not passed, such as ⁦2027-06-30⁩
wrong-last = Give a last day that is not before the first and has not passed
wrong-hours = Give an hour to open before the hour to close, such as ⁦09:00⁩
wrong-weekdays = Choose one to three days
wrong-scope = Choose the offices concerned
kept-title = Promises kept in the last ⁨90⁩ days
column-service = Service
column-ended = Cases that ended
column-kept = of them in time
