demo-title = Demo: people and messages
demo-lead = All people and numbers here are invented. You can sign in as any of them. Each message that is sent is shown at the end of this page.
sign-in = Citizens’ sign-in
desk-sign-in = Officers’ sign-in
open-account = Open an account
municipality = Sign in to a municipality’s site with Hukumati
people = Citizens
officers = Officers
id-number = ID number
born = Date of birth
phone = Telephone
password = Password
username = User name
totp = The app’s code now
registers = Registers
register-civil = Civil registry
register-operators = Operators’ register
register-drivers = Register of drivers
register-fines = Register of traffic fines
turn-off = Turn off
turn-on = Turn on
companies = Companies outside
company-sms = SMS company
company-bank = Bank
open-payments = Payment pages open at the bank
expire = Let their time pass
rename-title = Change a name in the civil registry
given-ar = Given name in Arabic
given-en = Given name in Latin letters
rename = Change the name
sent-messages = Messages sent
no-messages = No messages yet.
bank-title = Demo bank
bank-amount = Amount
card-number = Card number
card-hint = Only the demo’s cards are taken here.
card-unknown = This is none of the demo’s cards. Their numbers are at the end of this page.
card-challenged = The bank asks for confirmation
card-trusted = Taken without confirmation
card-empty = Its balance is too low
test-cards = Demo cards
bank-pay = Pay
challenge-title = Confirm it is you
challenge-explained = The bank that issued the card asks you to confirm this payment.
challenge-pass = Confirm rightly
challenge-fail = Confirm wrongly
challenge-cancel = Cancel the payment
challenge-abandon = Close the page without an answer
till-title = Point of sale
till-code = Payment code, 14 digits
till-inquire = Look it up
till-take = Take the cash
till-done = The cash was taken. Receipt number:
till-silent = The payment gateway does not answer. Look it up again.
till-state = { $state ->
    [paid] This bill is settled. Nothing is owed.
    [cancelled] This bill was cancelled. Nothing is owed.
    [wrong_check_digit] There is a slip in the code. Compare it with the bill.
   *[other] There is no bill with this code.
}
till-outcome = { $outcome ->
    [held] The bill had been settled. The money taken is kept and goes back to its payer.
   *[other] The money was not booked.
}
# Calls
company-voice = The company that calls
kind-sms = text message
kind-call = call
kind-email = e-mail
passport = The passport’s two lines
register-companies = Companies’ register
company-change-title = Strike a company off the register, or take a signatory off
company-number = Company number
company-signatory = ID number of who signs for it no more. Empty: the company is struck off.
company-change = Change the register
other-registers = Other registers, by their operations
other-registers-hint = A register that is off does not answer, and cases that ask it wait.
register-off = { $operation }, off
