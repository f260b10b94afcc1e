working-days = { $count ->
    [one] one working day
   *[other] { $count } working days
}
minutes = { $count ->
    [one] one minute
   *[other] { $count } minutes
}
promise-range = { $least } to { $most }
promise-else = Otherwise
