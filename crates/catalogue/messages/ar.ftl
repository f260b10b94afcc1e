working-days = { $count ->
    [zero] أقل من يوم عمل
    [one] يوم عمل واحد
    [two] يومي عمل
    [few] { $count } أيام عمل
    [many] { $count } يوم عمل
   *[other] { $count } يوم عمل
}
minutes = { $count ->
    [zero] أقل من دقيقة
    [one] دقيقة واحدة
    [two] دقيقتين
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}
promise-range = من { $least } إلى { $most }
promise-else = في غير ذلك
