error-prefix = Error:
continue-button = Continue
back = Back
home = Home page
client-portal = Hukumati
client-desk = Hukumati, officers’ pages
nameless = My account
nameless-officer = Officer
# Opening an account
open-title = Open an account
open-intro = You need your ID number and date of birth. A code then goes to a phone registered in your name.
have-account = Do you have an account?
id-number = ID number
id-number-hint = Nine digits, as on the card, such as 900000001.
id-number-wrong = An ID number has nine digits and no letters.
id-number-looks-wrong = There seems to be a slip in the number. Please compare it with the card. If it is the same, continue.
birth-date = Date of birth
birth-date-hint = As on the ID card, such as 27 3 1988.
birth-date-wrong = This is not a date of birth. An example of one: day 27, month 3, year 1988.
day = Day
month = Month
year = Year
lookup-notice = The date is compared with the civil registry. This look-up is recorded, and the holder of the ID can see it.
choose-title = Which phone gets the code
choose-hint = These numbers are registered in the name of the ID’s holder. Only the last two digits are shown.
choose-wrong = Please choose one of the numbers.
number-ending = Number ending in { $tail }
send-code = Send the code
code-title = One-time code
code-sent = A code was sent by text message to the number ending in { $tail }. The message may take a few minutes.
code-not-sent = No code was sent yet.
code-late = Text messages are delayed now. The code arrives by itself when they are back; there is no need to ask again.
code = Code
code-hint = Six digits, good for ten minutes.
code-wrong = The code does not match. Please compare it with the latest message.
code-dead = This code is no longer good. You can ask for a new one on this page.
resend = Send a new code
skip-title = No message came?
skip-explained = You can go on with the password alone. Only drafts are then available, without data from registers and without sending.
skip = Sign in without a code
sms-code = Your Hukumati code: { $code }. Good for ten minutes. No officer will ask you for it.
password-title = A password for the account
low-explained = There is no registered phone to send a code to, or the register cannot be reached now. The account opens for drafts only.
low-next = The other services open once an office has seen the ID card.
offices = Offices and opening hours
new-password = Password
again-password = Password once more
password-hint = { $chars ->
    [one] At least one character, in any language. A short sentence is easy to remember.
   *[other] At least { $chars } characters, in any language. A short sentence is easy to remember.
}
password-short = { $chars ->
    [one] The password is too short. It needs at least one character.
   *[other] The password is too short. It needs at least { $chars } characters.
}
password-long = { $chars ->
    [one] The password is too long. At most one character is possible.
   *[other] The password is too long. At most { $chars } characters are possible.
}
password-known = This password is easy to guess: a common word, a name, or a number of your own. Please choose another.
passwords-differ = The two passwords differ. Please type them again.
open-button = Open the account
refused-title = The account could not be opened with these details
refused-intro = The reason may be one of these:
refused-mistyped = A slip in the ID number or the date of birth.
refused-account = There is an account for this number already.
refused-register = The civil registry needs a correction, which an office makes.
begin-again = Start again
has-account-title = There is an account for this number
has-account = An account was opened with this ID before. Sign in with its password, or visit an office if it is forgotten.
# Signing in
sign-in-title = Sign in
signing-in-to = To go on to { $client }.
password = Password
no-account = No account yet?
sign-in-wrong = The ID number or the password is not right.
officer-title = Officers’ sign-in
username = User name
otp = Code of the authenticator app
otp-hint = Six digits of the authenticator app; they change every 30 seconds.
officer-wrong = The details do not match. If the code was used already, wait for the next one.
sign-in-failed-title = Signing in was not completed
sign-in-failed = This attempt is over, or was begun in another browser.
sign-in-failed-next = You can start again. Nothing that was saved is lost.
gone = This step is over, or was begun in another browser. You can start again.
taken = This ID number is proven for another account.
client-fault = The request to sign in was not made correctly: { $why }
client-fault-next = There is no need to try again here. This message is for the owner of the service.
# Consent
consent-title = Sharing data
consent-asks = { $client } asks to be told:
consent-pseudonym = a fixed code for the account, which does not say whose it is
consent-profile = first and family name
consent-id-number = ID number
consent-allow = Allow
consent-deny = Refuse
going-back-title = Back to the service
# The account
account-title = Account and security
account-explained = Every open session, what services may be told with consent, and every sign-in, each with its receipt.
change-password = Change the password
looks-link = Who looked at my data
sessions-title = Open sessions
session-here = this device
session-began = Began
session-seen = Last used
session-end = End
sessions-end-all = End all sessions
device-unknown = Unknown device
allowed-title = What services may be told
allowed-none = No service asks for anything yet.
allowed-on = Allowed on
withdraw = Withdraw
entries-title = Sign-ins
entry-to = Sign-in to { $service }
entry-failed = Sign-in attempt
entry-failed-tag = failed
receipt = signed receipt
disown-title = This was not me
disown-explained = If any of this was somebody else, everything can be ended at once, in every service and on every device.
disown-button = End everything now
disowned-title = Hukumati: all sessions were ended because a sign-in was not recognised.
disowned-next = Whoever was signed in is out. If somebody knows the password, it should be changed.
ended-title = The sessions were ended
ended-explained = Nobody is signed in with this account any more, in any service and on any device.
ended-next = If somebody knows the password, it should be changed now. The sign-in leads there.
change-password-explained = Other sessions end with the change, and a message tells of it.
present-password = Present password
next-password = New password
password-present-wrong = The present password is not right.
password-changed-title = Hukumati: the password of the account was changed.
password-changed-next = If this was somebody else, an office can lock the account.
# A device without a browser
device-title = Connecting a device
device-explained = A television, a till or another device without a keyboard shows a code. It is connected to your account once the code is typed here.
device-code = Code on the device
device-code-hint = Eight letters, such as WDJB-MJHT.
device-code-wrong = This code does not hold. Please compare it with the device. After ten minutes the device needs a new one.
device-warning = Continue only if the code is on a device before you. Nobody from the government sends such a code or asks for it.
device-asks = { $client } wants to connect a device to your account.
device-place = Begun from the address
device-began = Begun at
device-stays = The device stays connected until the session ends, and for twelve hours at most.
device-step-up = { $client } needs a stronger sign-in, with a second factor.
device-step-up-link = Sign in with a second factor
device-unmet = { $client } needs more than is proven of this account. An office proves it when it sees the ID card.
device-allowed = The device is connected to { $client }.
device-allowed-next = You can go on at the device. The connection can be ended at any time under
device-refused = The device was not connected to { $client }.
device-refused-next = Nothing was told. This page can be closed.
device-gone = This code is over, or was typed in with another account. The device can show a new one.
# Signing out
sign-out-title = Sign out
sign-out-explained = Signing out ends the session in Hukumati and in every service that was entered with it.
sign-out-button = Sign out
signed-out-title = The session has ended
signed-out = You are signed out. On a shared device, close the browser.
