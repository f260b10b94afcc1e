to-cases = My cases
papers-title = Wallet of papers
papers-none = No papers yet. Every paper issued to you is kept here.
papers-serial = Serial number
papers-issued = Issued on
papers-until = Valid until
papers-holds = Valid
papers-not = Not valid
papers-open = Show the paper
verify-title = Verify a paper
verify-explained = The short code is printed under the square code on the paper.
verify-label = The paper’s code
verify-hint = For example:
verify-button = Verify
verify-holds = This paper is valid
verify-revoked = This paper was revoked
verify-out-of-date = This paper is out of date
verify-revoked-explained = This paper has not been valid since the date below.
verify-compare = Compare this with what is printed on the paper.
verify-issuer = Issued by
verify-printed = Printed on the paper
verify-unknown = No paper has this code
verify-unknown-explained = The code may hold a slip. A paper that this register does not know is not valid.
verify-again = Type another code
verify-since = Revoked since
# Officers' page of papers
desk = Desk
desk-papers = Issued papers
desk-papers-label = Serial number or short code
desk-papers-hint = Both are printed on the paper.
desk-papers-find = Find
desk-papers-none = No paper has this number or code.
desk-papers-recorded = This look is recorded, and the paper’s owner sees it.
desk-papers-unit = Decided by
desk-papers-rule = A rule. Any supervisor may revoke the paper.
desk-papers-foreign = Only supervisors of the unit that decided may revoke this paper.
desk-papers-reason = Reason for revoking
desk-papers-reason-hint = The paper’s owner reads this reason; whoever verifies the paper does not. Revoking is final.
desk-papers-revoke = Revoke the paper
desk-papers-no-reason = A reason is needed.
desk-papers-not-now = This paper does not hold any more.
desk-papers-back = Back to the paper
# Copies
papers-another = Ask for one more copy
papers-more = { $count ->
    [one] One more copy is free of charge.
   *[other] { $count } more copies are free of charge.
}
papers-copy-made = being made
papers-no-more = There are no more copies of this paper.
copy-of = Copy { $number } of { $count }
verify-copies = Copies issued
verify-copy = Number of this copy
verify-no-copy = No copy has this number
verify-no-copy-explained = This paper never had a copy of this number. What is printed is not valid.
# Printing at an office
desk-papers-prints = Times printed
desk-prints = Print papers
desk-batch = Print manifest { $code }
desk-batch-filling = The manifest is being prepared: { $done } of { $papers }.
desk-batch-again = Show what is ready
desk-batch-sheets = { $count ->
    [one] This manifest has one copy.
   *[other] This manifest has { $count } copies.
}
desk-batch-open = { $count ->
    [one] Its file can be opened for one minute.
   *[other] Its file can be opened for { $count } minutes.
}
desk-batch-print = Open the file for the printer
desk-batch-manifest = What is on the manifest
desk-batch-name = Name
desk-batch-copy = Copy
desk-batch-printing = Print
desk-batch-reprint = Reprint { $count }
desk-batch-gone = The time of this manifest is over. You can print again from the page of prints; that counts as a reprint.
