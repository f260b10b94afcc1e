to-cases = معاملاتي
papers-title = محفظة الوثائق
papers-none = لا وثائق صادرة بعد. تُحفظ هنا كل وثيقة تصدر لصاحب الحساب.
papers-serial = الرقم المتسلسل
papers-issued = تاريخ الإصدار
papers-until = صالحة حتى
papers-holds = سارية
papers-not = غير سارية
papers-open = عرض الوثيقة
verify-title = التحقق من وثيقة
verify-explained = الرمز القصير مكتوب تحت المربع المطبوع على الوثيقة.
verify-label = رمز الوثيقة
verify-hint = مثال:
verify-button = التحقق
verify-holds = الوثيقة سارية
verify-revoked = الوثيقة ملغاة
verify-out-of-date = انتهت صلاحية الوثيقة
verify-revoked-explained = هذه الوثيقة لا يُعتد بها منذ التاريخ أدناه.
verify-compare = تلزم مقارنة ما يلي بما هو مطبوع على الوثيقة.
verify-issuer = جهة الإصدار
verify-printed = المكتوب على الوثيقة
verify-unknown = لا وثيقة بهذا الرمز
verify-unknown-explained = قد يكون في الرمز خطأ. والوثيقة التي لا يعرفها هذا السجل لا يُعتد بها.
verify-again = كتابة رمز آخر
verify-since = ملغاة منذ
# Officers' page of papers
desk = واجهة الموظفين
desk-papers = الوثائق الصادرة
desk-papers-label = الرقم المتسلسل أو الرمز القصير
desk-papers-hint = كلاهما مطبوع على الوثيقة.
desk-papers-find = بحث
desk-papers-none = لا وثيقة بهذا الرقم أو الرمز.
desk-papers-recorded = هذا الاطلاع مسجل، ويراه صاحب الوثيقة.
desk-papers-unit = جهة البت
desk-papers-rule = قاعدة آلية. إلغاء الوثيقة متاح لكل مشرف.
desk-papers-foreign = إلغاء هذه الوثيقة من صلاحية مشرفي الدائرة التي بتّت في الطلب.
desk-papers-reason = سبب الإلغاء
desk-papers-reason-hint = يقرأ صاحب الوثيقة هذا السبب، ولا يقرؤه من يتحقق منها. الإلغاء نهائي.
desk-papers-revoke = إلغاء الوثيقة
desk-papers-no-reason = سبب الإلغاء مطلوب.
desk-papers-not-now = هذه الوثيقة غير سارية أصلًا.
desk-papers-back = العودة إلى الوثيقة
# Copies
papers-another = طلب نسخة أخرى
papers-more = { $count ->
    [zero] لا نسخ أخرى متاحة.
    [one] نسخة واحدة أخرى متاحة من دون رسم.
    [two] نسختان أخريان متاحتان من دون رسم.
    [few] { $count } نسخ أخرى متاحة من دون رسم.
    [many] { $count } نسخة أخرى متاحة من دون رسم.
   *[other] { $count } نسخة أخرى متاحة من دون رسم.
}
papers-copy-made = قيد الإصدار
papers-no-more = لا نسخ أخرى متاحة من هذه الوثيقة.
copy-of = نسخة { $number } من { $count }
verify-copies = عدد النسخ الصادرة
verify-copy = رقم هذه النسخة
verify-no-copy = لا نسخة بهذا الرقم
verify-no-copy-explained = لم تصدر من هذه الوثيقة نسخة بهذا الرقم. لا يُعتد بما هو مطبوع.
# Printing at an office
desk-papers-prints = عدد مرات الطباعة
desk-prints = طباعة الوثائق
desk-batch = كشف الطباعة { $code }
desk-batch-filling = الكشف قيد الإعداد: { $done } من { $papers }.
desk-batch-again = تحديث الصفحة
desk-batch-sheets = { $count ->
    [zero] لا نسخ في هذا الكشف.
    [one] في هذا الكشف نسخة واحدة.
    [two] في هذا الكشف نسختان.
    [few] في هذا الكشف { $count } نسخ.
    [many] في هذا الكشف { $count } نسخة.
   *[other] في هذا الكشف { $count } نسخة.
}
desk-batch-open = { $count ->
    [zero] الملف متاح الآن.
    [one] الملف متاح مدة دقيقة واحدة.
    [two] الملف متاح مدة دقيقتين.
    [few] الملف متاح مدة { $count } دقائق.
    [many] الملف متاح مدة { $count } دقيقة.
   *[other] الملف متاح مدة { $count } دقيقة.
}
desk-batch-print = عرض ملف الطباعة
desk-batch-manifest = محتوى الكشف
desk-batch-name = الاسم
desk-batch-copy = النسخة
desk-batch-printing = الطباعة
desk-batch-reprint = إعادة طباعة { $count }
desk-batch-gone = انتهت مدة هذا الكشف. الطباعة من جديد ممكنة من صفحة الطباعة، وتُحسب إعادة طباعة.
