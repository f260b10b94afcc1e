bill-title = Bill
back-to-case = Back to the case
back-to-bill = Back to the bill
fee = Fee
decision = Decision
amount = Amount
total = Total
waived = Waived
waiver-part = Partly waived
waiver-reason = Reason
full-fee = Full fee
pay-cash = Pay cash
pay-cash-how = Give this number at any point of sale. The payment reaches your case within seconds.
payable-until = Payable until
pay-card = Pay by card
pay-card-how = You type your card on the bank’s own page. It never reaches this portal.
pay-card-button = Continue to the bank’s page
bill-settled = The bill is settled.
bill-cancelled = The bill was cancelled. Nothing is owed.
show-receipt = Show the receipt
bill-waived = The whole fee is waived. Nothing is owed.
show-waiver = Show the notice
receipt-title = Payment receipt
waiver-title = Notice of a waiver
paid-for = For
issued-by = Issued by
list-comma = {", "}
receipt-number = Receipt number
paid-at = Paid at
waived-at = Waived at
rail = Way of payment
rail-name = { $rail ->
    [cash] Cash at a point of sale
    [card] Card
    [waiver] Full waiver
   *[other] Another way
}
bill-code = Bill number
attempt-title = The payment is being verified
being-verified = Being verified
attempt-explained = We are waiting for the bank’s answer. You can close this page: the outcome will be in your case and your inbox.
look-again = Look again
attempt-failed = The payment was not accepted
attempt-failed-next = No money was taken. Try another card, or pay cash.
opening-title = Waiting for the bank’s page
opening-explained = The bank’s page opens by itself as soon as the bank answers.
opening-late = If this takes long, the bank does not answer now. Your application is safe and the bill stays open: you can pay it in cash meanwhile.
attempt-left = If the bank’s page was closed before the payment was finished, you can open it again. Left alone, it ends by itself within an hour, and no money is taken.
bank-page-again = Back to the bank’s page
under-way = A card payment, begun at
under-way-by = Its outcome is expected by
under-way-next = You need not wait for it: finish it on the bank’s page, or pay in cash. If money arrives twice, the second amount is kept and goes back to its payer.
where-it-stands = Where this payment stands
held = Another payment came:
held-next = The bill had been settled, so the second amount is kept by the treasury and goes back to its payer. Its receipt number:

above-ceiling-title = The amount is above the mandate’s limit
above-ceiling = You act for another, and this bill asks for more than their mandate allows.
above-ceiling-next = The other person can pay it themselves, or give a mandate with a higher limit.
to-cases = Cases
