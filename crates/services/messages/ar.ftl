all-services = كل الخدمات
search-results = نتائج البحث
search-label = البحث عن خدمة أو معاملة
search-button = بحث
nothing-found = لا نتيجة لهذه الكلمات. قد تفيد كلمة أقصر، أو قائمة الخدمات كلها.
more-services = خدمات أخرى
closest-only = هذه أقرب النتائج. كلمة أخرى تضيّق البحث.
fee = الرسوم
free = بلا رسوم
how-long = مدة الإنجاز
how-collected = طريقة الاستلام
who-may-apply = من يحق له التقديم
what-is-needed = الوثائق المطلوبة
sample-note = الرسوم والمواعيد والعناوين هنا بيانات تجريبية.
offices = المكاتب ومواعيدها
open-today = مفتوح اليوم
closed-today = مغلق اليوم
step-free = مدخل بلا درج
not-step-free = في المدخل درج، والمساعدة متاحة عند الاتصال
steps = في المدخل درج
address = العنوان
phone = الهاتف
hours = ساعات العمل
hours-between = من { $opens } إلى { $closes }
days = أيام العمل
days-between = من { $first } إلى { $last }
access = سهولة الوصول
closures = أيام الإغلاق القادمة
no-closures = لا إغلاق معلن.
list-comma = {"، "}
monday = الاثنين
tuesday = الثلاثاء
wednesday = الأربعاء
thursday = الخميس
friday = الجمعة
saturday = السبت
sunday = الأحد
apply = تقديم الطلب
back = رجوع
back-to-service = صفحة الخدمة
start = بدء الطلب
drafts = مسودات محفوظة
draft-saved = مسودة محفوظة في
too-low = الحساب محدود حتى التحقق من الهوية.
too-low-draft = كتابة المسودة ممكنة، وتقديمها بعد التحقق.
too-low-next = يلزم الدخول برمز يصل إلى رقم مسجل، أو إبراز البطاقة في أحد المكاتب.
step-up = الدخول برمز التحقق
known-low = بيانات السجلات تظهر هنا بعد التحقق من الهوية.
register-silent = السجل لا يجيب الآن. الطلب يستمر، والبيانات تُراجَع عند عودته، ولا يضيع شيء.
register-refused = طبقة تبادل البيانات رفضت الاستعلام، إذ لا اتفاقية سارية أو أُلغيت شهادة الجهة. الطلب يستمر، والبيانات تُراجَع لاحقًا.
not-registered = غير مسجل
from-source = المصدر:
wrong-data = تصحيح البيانات يكون لدى الجهة صاحبة السجل.
save-and-continue = حفظ ومتابعة
saved-at = حُفظت المسودة في
error-prefix = خطأ:
summary-title = في الصفحة ما يلزم تصحيحه
too-long = { $length ->
    [zero] الجواب أطول من المسموح
    [one] الجواب أطول من حرف واحد
    [two] الجواب أطول من حرفين
    [few] الجواب أطول من { $length } أحرف
    [many] الجواب أطول من { $length } حرفًا
   *[other] الجواب أطول من { $length } حرف
}
no-number = يلزم عدد صحيح بالأرقام
check-title = مراجعة الأجوبة
not-sent = مسودة لم تُقدَّم
not-sent-yet = هذه مسودة لم تُقدَّم بعد.
continue-draft = متابعة المسودة
to-be-checked = قيد المراجعة
no-answer = بلا جواب
change = تغيير
declare = تقديم الطلب إقرار بصحة الأجوبة.
submit = تقديم الطلب
discard = حذف المسودة
cases-title = معاملاتي
no-cases = لا معاملات بعد. تظهر هنا كل معاملة من أول مسودة.
wallet = محفظة الوثائق
promise = الموعد المتوقع للإنجاز
refused-because = سبب الرفض:
refused-next = تقديم طلب جديد ممكن بعد معالجة السبب، والاعتراض يكون في المكتب.
refused-appeal = تقديم طلب جديد ممكن بعد معالجة السبب. ويمكن تقديم تظلّم من هنا.
promise-once-paid = مدة الإنجاز بعد الدفع
promise-usual = مدة الإنجاز المعتادة
held-by = عند:
held-since = منذ
ahead-pay = دفع الرسوم
ahead-decide = البت في الطلب
ahead-issue = إصدار الوثيقة
ahead-deliver = استلام الوثيقة من المكتب
marked-explained = ينقص جواب من أحد السجلات. تجري المحاولة مرة بعد مرة، والمعاملة محفوظة.
pay-now = المطلوب دفعه:
pay = دفع الرسوم
asked-of-you = الموظف المختص يطلب ما يلي:
your-answer = الجواب
send-answer = تقديم الجواب
pick-up = الوثيقة جاهزة للاستلام في
pick-up-number = رقم المعاملة:
pick-up-locked = أُغلق التسليم لأن رمز الاستلام كُتب خطأً خمس مرات. يراجعه مشرف، ثم يظهر هنا رمز جديد وتصل به رسالة. الوثيقة محفوظة في المكتب.
money-held = المبلغ { $amount } محفوظ لدى الخزينة ليُعاد إلى دافعه، لأن أمر الدفع كان مسدَّدًا. رقم الإيصال: { $receipt }
payment-receipt = إيصال الدفع
waiver-notice = إشعار الإعفاء من الرسوم
timeline = مراحل المعاملة
receipt = إيصال موقَّع
account-title = الحساب والأمان
feedback = كيف كانت هذه الخدمة؟
feedback-5 = ممتازة
feedback-4 = جيدة
feedback-3 = مقبولة
feedback-2 = ضعيفة
feedback-1 = سيئة
feedback-send = تقديم الرأي
inbox-title = الرسائل
inbox-empty = لا رسائل.
inbox-new = جديدة
looks-title = من اطّلع على بياناتي
looks-explained = كل استعلام عن بيانات صاحب الحساب في سجلات الدولة، وكل اطلاع لموظف على معاملة له.
looks-none = لم يطّلع أحد بعد.
looked-by = المستعلِم:
look-answered = أُجيب الاستعلام
look-unanswered = بلا جواب
look-case = المعاملة وبياناتها
look-paper = الوثيقة الصادرة
look-account = الحساب
the-case = المعاملة
purpose-account = لفتح الحساب
purpose-counter = لمطابقة الشخص بصورته في مكتب
purpose-form = لعرض البيانات في الطلب
purpose-submit = عند تقديم الطلب
purpose-decide = للبت في المعاملة
purpose-print = لطباعة الوثيقة
purpose-paper = للنظر في سريان الوثيقة
purpose-account-care = رعاية الحسابات
paper-revoked = ملغاة
who-you = صاحب الحساب
who-officer = موظف
who-agency = جهة حكومية
who-system = البوابة
stage-draft = مسودة
stage-checking = بانتظار جواب السجل
stage-paying = بانتظار الدفع
stage-deciding = عند الموظف المختص
stage-asked = بانتظار جواب صاحب المعاملة
stage-issuing = الوثيقة قيد الإصدار
stage-delivering = في الطريق إلى الاستلام
stage-ready = جاهزة للاستلام
stage-refused = رُفض الطلب
stage-withdrawn = سُحب الطلب
stage-completed = أُنجزت
event-started = بداية المسودة
event-submitted = تقديم الطلب
event-marked = ينقص جواب من أحد السجلات، قيد المراجعة
event-billed = إصدار أمر الدفع
event-paid = تسديد الرسوم
event-waived = الإعفاء من الرسوم
event-taken = تسلُّم موظف للمعاملة
event-asked = طلب معلومة من صاحب المعاملة
event-answered = جواب صاحب المعاملة
event-eligible = استيفاء شروط التقديم
event-eligible-more = استيفاء الشروط التالية
event-approved = الموافقة على الطلب
event-refused = رفض الطلب
event-issued = إصدار الوثيقة وختمها
event-sent = خروج الوثيقة إلى مكتب البريد
event-arrived = وصول الوثيقة إلى مكتب البريد
event-locked = إغلاق التسليم بعد خمسة رموز خاطئة
event-unlocked = إصدار رمز استلام جديد
event-money-held = وصول مبلغ زائد
event-collected = استلام الوثيقة
event-withdrawn = سحب الطلب
event-completed = اكتمال المعاملة
event-revoked = إلغاء الوثيقة
notice-more = التفاصيل في صفحة المعاملة.
notice-short = حكومتي: خبر جديد عن معاملة. التفاصيل بعد الدخول إلى البوابة.
not-now = لم يعد هذا ممكنًا في مرحلة المعاملة الحالية.
not-now-next = صفحة المعاملة تبين مرحلتها الآن.
incomplete = بقيت أسئلة بلا جواب.
not-yours = المعاملة عند موظف آخر، أو لم يتسلمها أحد.
desk-title = واجهة الموظفين
desk-queue = المعاملات المنتظرة
desk-parcels = إرسال الوثائق
desk-papers = الوثائق الصادرة: البحث والإلغاء
desk-identity = الحسابات والدخول
desk-counter = إثبات هوية شخص حاضر
desk-prints = طباعة الوثائق
desk-collection = استلام الوثائق وتسليمها
desk-exchange = تبادل البيانات: الاتفاقيات وخوادم الأمان
desk-certificates = شهادات المصادقة
desk-nothing = لا أعمال لهذا الدور هنا بعد.
queue-empty = لا معاملات منتظرة.
queue-empty-next = تظهر كل معاملة هنا حين تصل إلى هذه الدائرة، ولا يلزم إجراء الآن.
late = تجاوزت الموعد
cases-waiting = { $count ->
    [zero] لا معاملات منتظرة
    [one] معاملة واحدة منتظرة
    [two] معاملتان منتظرتان
    [few] { $count } معاملات منتظرة
    [many] { $count } معاملة منتظرة
   *[other] { $count } معاملة منتظرة
}
column-case = المعاملة
column-since = قُدمت في
column-promise = الموعد
column-stage = المرحلة
column-act = الإجراء
open-case = عرض المعاملة
take-case = تسلُّم المعاملة
taken-by-other = عند موظف آخر
look-recorded = هذا الاطلاع مسجل، ويراه صاحب المعاملة.
citizen-answers = أجوبة صاحب المعاملة
register-data = بيانات السجلات
decision-words = السبب أو السؤال
decision-words-hint = يلزم عند الرفض وعند طلب معلومة، ويقرؤه صاحب المعاملة.
approve = موافقة
reject = رفض
ask-more = طلب معلومة
words-missing = يلزم السبب عند الرفض، ونص السؤال عند طلب معلومة.
back-to-case = صفحة المعاملة
parcels-none = لا وثائق تنتظر الإرسال.
parcels-none-next = تظهر الوثيقة هنا بعد الموافقة على معاملتها، إن كانت تُستلم من مكتب.
parcels-to-send = { $count ->
    [zero] لا وثائق تنتظر الإرسال
    [one] وثيقة واحدة تنتظر الإرسال
    [two] وثيقتان تنتظران الإرسال
    [few] { $count } وثائق تنتظر الإرسال
    [many] { $count } وثيقة تنتظر الإرسال
   *[other] { $count } وثيقة تنتظر الإرسال
}
parcels-coming = { $count ->
    [zero] لا وثائق في الطريق
    [one] وثيقة واحدة في الطريق
    [two] وثيقتان في الطريق
    [few] { $count } وثائق في الطريق
    [many] { $count } وثيقة في الطريق
   *[other] { $count } وثيقة في الطريق
}
parcels-ready = { $count ->
    [zero] لا وثائق في المكتب
    [one] وثيقة واحدة في المكتب
    [two] وثيقتان في المكتب
    [few] { $count } وثائق في المكتب
    [many] { $count } وثيقة في المكتب
   *[other] { $count } وثيقة في المكتب
}
parcels-waiting = { $count ->
    [zero] لا وثائق
    [one] وثيقة واحدة
    [two] وثيقتان
    [few] { $count } وثائق
    [many] { $count } وثيقة
   *[other] { $count } وثيقة
}
parcels-locked = وثائق أُغلق تسليمها
parcels-locked-hint = كُتب رمز الاستلام خطأً خمس مرات. الرمز الجديد يظهر لصاحب المعاملة وحده.
new-code = إصدار رمز جديد
prints-none = لا وثائق تنتظر الطباعة هنا.
prints-waiting = الوثائق التي يطبعها هذا المكتب
prints-hint = الوثائق التي لم تُطبع بعد مختارة. اختيار وثيقة مطبوعة يعني إعادة طباعتها، وكل طباعة مسجلة.
prints-copies = { $count ->
    [zero] لا نسخ
    [one] نسخة واحدة
    [two] نسختان
    [few] { $count } نسخ
    [many] { $count } نسخة
   *[other] { $count } نسخة
}
prints-before = { $count ->
    [zero] لم تُطبع
    [one] طُبعت منها نسخة واحدة
    [two] طُبعت منها نسختان
    [few] طُبعت منها { $count } نسخ
    [many] طُبعت منها { $count } نسخة
   *[other] طُبعت منها { $count } نسخة
}
prints-print = طباعة المختار
prints-choose = يلزم اختيار وثيقة واحدة على الأقل.
prints-last = كشوف الطباعة الأخيرة
send-manifest = إرسال بكشف
manifests-coming = كشوف في الطريق
manifests-none = لا كشوف في الطريق.
manifests-none-next = يظهر الكشف هنا حين ترسله جهة الإصدار، ويُسجَّل وصوله بزر «وصل الكشف».
received = وصل الكشف
hand-over = تسليم الوثيقة
handed-over = سُلمت الوثيقة، واكتملت المعاملة.
case-number = رقم المعاملة
pick-up-code = رمز الاستلام
shown = الوثيقة التي أُبرزت
shown-id-card = بطاقة الهوية
shown-passport = جواز السفر
shown-licence = رخصة القيادة
compared = قورنت صورة الوثيقة بصاحبها
compare-first = تلزم مقارنة صورة الوثيقة بصاحبها قبل التسليم.
code-wrong = { $left ->
    [zero] الرمز غير صحيح، ولا محاولات باقية
    [one] الرمز غير صحيح، وبقيت محاولة واحدة
    [two] الرمز غير صحيح، وبقيت محاولتان
    [few] الرمز غير صحيح، وبقيت { $left } محاولات
    [many] الرمز غير صحيح، وبقيت { $left } محاولة
   *[other] الرمز غير صحيح، وبقيت { $left } محاولة
}
parcel-locked = أُغلق التسليم بعد خمسة رموز خاطئة. يُصدر مشرف الدائرة رمزًا جديدًا، ويظهر لصاحب المعاملة في صفحتها.
parcel-not-here = لا وثيقة بهذا الرقم في هذا المكتب.
parcels-here = الوثائق الموجودة في المكتب
parcels-here-none = لا وثائق في المكتب. تُحسب الوثائق هنا بعد تسجيل وصول كشفها.

## acting for another
out-of-mandate-title = التفويض لا يشمل هذه الخدمة
out-of-mandate = تعمل نيابة عن شخص آخر، وتفويضه لا يشمل هذه الخدمة.
out-of-mandate-next = يمكن لصاحب الشأن إعطاء تفويض لها، أو تقديم الطلب بنفسه.
who-other = شخص آخر
look-acting = بدء العمل نيابة عنك
purpose-acting = العمل نيابة عن شخص آخر
notice-by-agent = جرى ذلك نيابة عنك: { $name }.
notice-as-agent = يخص معاملة قدّمتها نيابة عن غيرك. للاطلاع يلزم العمل نيابة عنه من جديد.
# أنواع الأسئلة
day = اليوم
month = الشهر
year = السنة
no-money = يلزم مبلغ بالشيكل، مثل ⁨12.50⁩
no-date = يلزم تاريخ صحيح: اليوم والشهر والسنة بأربعة أرقام
no-id-number = يلزم رقم هوية صحيح من تسعة أرقام
no-phone = يلزم رقم هاتف صحيح
no-postcode = يلزم رمز بريدي: حرف ⁨P⁩ وسبعة أرقام
no-entries = لم يُضف شيء بعد.
no-entries-needed = لم يُضف شيء بعد. المتابعة دون إضافة ممكنة.
remove-entry = حذف هذا البند

## steps
stage-waiting = قيد الاستكمال لدى جهات أخرى
stage-clear = بانتظار إفادات الجهات
stage-await = بانتظار جهة خارجية
stage-visit = بانتظار زيارة منزلية
stage-co-sign = بانتظار توقيع آخرين
stage-appointment = بانتظار الحضور إلى الدائرة
stage-write = قيد التسجيل في السجل
stage-appealed = قيد النظر في التظلّم
event-first-decided = نظر الموظف الأول من اثنين
event-sent-back = إعادة المعاملة إلى الموظف الأول
event-voted = تصويت عضو في اللجنة
event-absent = غياب عضو في اللجنة
event-tied = تعادل الأصوات، ولزوم صوت آخر
event-clearing = طلب إفادات الجهات المعنية
event-awaiting = طلب رد جهة خارجية
event-visit-ordered = تحديد زيارة منزلية
event-cleared = إفادة جهة بعدم الممانعة
event-objected = إفادة جهة بوجود مانع
event-silent = انقضاء مهلة جهة دون رد
event-escalated = رفع الأمر إلى مشرف
event-heard = وصول رد الجهة الخارجية
event-visited = إجراء الزيارة المنزلية
event-co-sign-asked = طلب توقيع الأشخاص المذكورين
event-co-signed = توقيع أحد الأشخاص المذكورين
event-co-sign-refused = امتناع أحد الأشخاص المذكورين عن التوقيع
event-co-sign-lapsed = انقضاء مهلة التوقيع
event-instalment-billed = استحقاق قسط
event-instalment-paid = تسديد قسط
event-copy-billed = طلب نسخة أخرى من الوثيقة
event-copy-paid = تسديد رسم النسخة
copy-another = نسخة أخرى: { $price }
event-appointment-open = لزوم اختيار موعد للحضور
event-booked = حجز موعد للحضور
event-moved = تغيير موعد الحضور
event-missed = فوات الموعد دون حضور
event-attended = الحضور في الموعد
event-writing = بدء التسجيل في السجل
event-written = التسجيل في السجل
event-appealed = تقديم تظلّم من الرفض
event-appeal-won = قبول التظلّم
event-appeal-lost = رفض التظلّم
silence-yes = لا رد خلال المهلة، وعدم الرد موافقة بحسب القرار.
silence-no = لا رد خلال المهلة، وعدم الرد رفض بحسب القرار.
co-sign-nobody = لا يذكر الطلب شخصًا آخر يوقّع عليه.
co-sign-refused-reason = رفض أحد الأشخاص المذكورين التوقيع:
co-sign-lapsed-reason = لم يوقّع جميع الأشخاص المذكورين خلال المهلة.
co-sign-notice-title = مطلوب توقيعك على طلب
co-sign-notice = ذُكر رقم هويتك في طلب قدّمه شخص آخر. يلزم الاطلاع عليه، ثم الموافقة أو الرفض.
co-sign-title = طلبات بانتظار توقيعك
co-sign-none = لا طلبات بانتظار توقيعك.
co-sign-one = توقيع طلب
co-sign-by = مقدّم الطلب
co-sign-until = آخر موعد للتوقيع
co-sign-explained = بالموافقة تستمر المعاملة. وبالرفض تنتهي، ويظهر سبب الرفض لمقدّم الطلب.
co-sign-agree = موافقة وتوقيع
co-sign-refuse = رفض التوقيع
co-sign-reason = سبب الرفض، عند الرفض
co-sign-done = سُجّل ردك.
co-sign-person = رقم الهوية
appointment-missed-reason = فات الموعد ثلاث مرات دون حضور.
appointment-title = اختيار موعد
appointment-yours = موعدك
appointment-choose = يلزم اختيار موعد للحضور إلى الدائرة.
appointment-pick = اختيار موعد
appointment-change = تغيير الموعد
appointment-book = حجز الموعد
appointment-none = لا مواعيد متاحة في الأيام القادمة. تُفتح مواعيد جديدة كل يوم.
appointment-free = المواعيد المتاحة
withdraw = سحب المعاملة
withdraw-title = سحب هذه المعاملة
withdraw-explained = تنتهي المعاملة، ويتوقف العمل عليها. يُلغى أمر الدفع المفتوح. أما الرسم المدفوع فلا يُرد تلقائيًا.
withdraw-keep = العودة إلى المعاملة
appeal = تقديم تظلّم
appeal-title = تظلّم من الرفض
appeal-until = آخر موعد للتظلّم
appeal-explained = تنظر في التظلّم وحدة أخرى: { $unit }. والتظلّم مرة واحدة.
appeal-reason = أسباب التظلّم
appeal-send = إرسال التظلّم
ahead-clear = إفادات الجهات المعنية
ahead-await = رد جهة خارجية
ahead-visit = زيارة منزلية
ahead-co-sign = توقيع الأشخاص المذكورين
ahead-appointment = الحضور إلى الدائرة
ahead-write = التسجيل في السجل
turns-of-case = الجهات المطلوب ردها
turn-open = لم يصل الرد بعد
turn-late = انقضت المهلة، والأمر لدى المشرف
turn-yes = لا مانع
turn-no = يوجد مانع
turn-heard = وصل الرد
turn-signed = وُقّع
turn-refused = رُفض التوقيع
turn-silent-yes = لا رد خلال المهلة: موافقة بحسب القرار
turn-silent-no = لا رد خلال المهلة: رفض بحسب القرار
turn-dropped = لا حاجة إليه بعد الآن
turn-until = حتى
who-others = الأشخاص المذكورون في الطلب
desk-turns = ردود مطلوبة من الوحدة
turns-none = لا ردود مطلوبة من وحدتك.
turns-none-next = تظهر هنا الإفادات والزيارات والمواعيد في معاملات الوحدات الأخرى.
column-turn = المطلوب
column-due = الموعد
turn-open-page = فتح
turn-kind-clear = إفادة
turn-kind-await = رد
turn-kind-visit = زيارة منزلية
turn-kind-appointment = موعد حضور
turn-kind-write = تسجيل في السجل
turn-person = صاحب المعاملة
turn-number = الرقم في السجل
turn-number-hint = رقم القيد في السجل إن وُجد. يظهر في الوثيقة الصادرة.
turn-words = السبب أو التقرير أو الملاحظة
turn-words-hint = السبب لازم عند إبداء مانع، والتقرير لازم عند الزيارة. يطّلع صاحب المعاملة على السبب.
turn-say-yes = عدم ممانعة
turn-say-no = إبداء مانع
turn-say-heard = تسجيل الرد
turn-say-heard-no = تسجيل الرفض
turn-say-report = إرسال التقرير
turn-say-came = تسجيل الحضور
turn-say-missed = تسجيل عدم الحضور
turn-say-written = تسجيل يدوي في السجل
turn-say-not-written = تعذّر التسجيل
turn-ahead = لم يحن الموعد بعد.
turn-unbooked = لا موعد محجوزًا بعد.
turn-needs-supervisor = انقضت المهلة: الرد الآن للمشرف وحده.
first-said = قرار الموظف الأول
said-yes = الموافقة
said-no = الرفض
agree-decision = تأييد القرار
send-back = إعادة إلى الموظف الأول
second-hint = بالتأييد يصبح القرار نهائيًا. أما الإعادة فيلزمها سبب.
committee = اللجنة
committee-hint = لكل صوت سببه، والقرار بالأغلبية.
seat = العضو
seat-open = لم يصوّت بعد
seat-absent = غائب
seat-voted = صوّت
vote-yes = التصويت بالموافقة
vote-no = التصويت بالرفض
mark-absent = تسجيل غياب عضو
appeal-win = قبول التظلّم
appeal-lose = رفض التظلّم
what-others-said = ما أفادت به الجهات الأخرى
same-person = يلزم موظف آخر
same-person-next = لا يكون الموظف نفسه أولًا وثانيًا، ولا ينظر من جديد في قرار تظلّم منه صاحبه.
needs-supervisor = يلزم مشرف
too-late = انقضت المهلة
not-free = لم يعد هذا الموعد متاحًا
not-free-next = يلزم اختيار موعد آخر.
no-id-numbers = يلزم رقم هوية واحد إلى اثني عشر، من تسعة أرقام، كل رقم في سطر
event-corrected = تصحيح جواب من صاحب المعاملة
ask-field = الجواب المطلوب تصحيحه، إن وُجد
ask-field-none = لا شيء

# دخول الموظف نفسه.
desk-own = طرق دخولي

# Services for people, services for companies
for-persons-title = هذه الخدمة للأشخاص
for-persons = تعمل الآن باسم شركة، وهذه الخدمة يطلبها كل شخص لنفسه أو لمن ينوب عنه. لم يبدأ أي طلب.
for-persons-next = العودة للعمل باسمك، ثم تقديم الطلب.
for-persons-back = العودة للعمل باسمي
for-companies-title = هذه الخدمة للشركات
for-companies = تعمل الآن باسم شخص، وهذه الخدمة لا تُطلب إلا باسم شركة. لم يبدأ أي طلب.
for-companies-next = اختيار الشركة التي تعمل باسمها، ثم تقديم الطلب.
for-companies-choose = العمل باسم شركة
## the calendar and its promises
event-promise-moved = تغيُّر الموعد المتوقع
event-late = تجاوز الموعد المتوقع
promise-moved = الموعد المتوقع الجديد { $now }، وكان { $old }. السبب: { $why }
promise-after-answer = توقف احتساب المدة حتى وصول الجواب أو الدفع.
promise-by-decree = { $name }، بالقرار { $number } بتاريخ { $day }
promise-provisional = موعد تقديري للإنجاز
promise-provisional-hint = قد يتغير الموعد بثبوت رؤية الهلال، ويصل إشعار بكل تغيير.
promise-stopped = احتساب المدة متوقف حتى وصول جواب صاحب المعاملة أو دفعه. ثم يظهر الموعد الجديد هنا.
promise-over = تجاوزت المعاملة موعدها، وأُبلغ مكتب الجودة في مجلس الوزراء.
median = في آخر ⁨90⁩ يومًا أُنجز نصف المعاملات خلال { $time } أو أقل.
median-kept = أُنجز منها { $percent } من كل ⁨100⁩ في موعدها.
promise-line = { $when }: خلال { $time }
date-provisional = تاريخ تقديري
date-provisional-hint = التاريخ التقديري محسوب بتقويم أم القرى، ويثبت بقرار بعد رؤية الهلال.
mark-half = مضى نصف المدة
mark-near = اقترب الموعد
desk-late = معاملات متأخرة أو اقترب موعدها
late-own = معاملات عند هذا الموظف مضى نصف مدتها، والأقرب موعدًا أولًا.
late-unit = معاملات الدائرة التي مضى من مدتها ⁨80⁩ في المئة، والأقرب موعدًا أولًا.
late-all = معاملات تجاوزت موعدها في كل الدوائر، والأقدم موعدًا أولًا.
late-none = لا معاملات متأخرة الآن.
column-unit = الدائرة
desk-calendar = التقويم الحكومي
calendar-explained = العطل وساعات الدوام والإغلاق، وكل تغيير فيها بقرار يقترحه موظف ويثبته موظف ثانٍ. تظهر التغييرات في صفحات المكاتب فورًا، ويُعاد احتساب مواعيد المعاملات المفتوحة.
calendar-bare-year = لا عطل مسجلة لسنة { $year } بعد.
calendar-coming = المعمول به الآن وما يليه
new-holiday = إضافة عطلة
new-hours = تغيير ساعات الدوام
new-closure = إغلاق مكاتب
new-weekend = تغيير العطلة الأسبوعية
change-entry = تثبيت أو تغيير بقرار
change-explained = يُثبَّت التاريخ التقديري بإبقاء أيامه، ويُنقل بأيام أخرى.
end-entry = إنهاء بقرار
end-propose = اقتراح الإنهاء
decrees-waiting = تنتظر موظفًا ثانيًا
decrees-none = لا شيء ينتظر موظفًا ثانيًا.
decrees-decided = آخر ما جرى البت فيه
column-entry = البند
column-days = الأيام
column-scope = المكاتب المشمولة
column-decree = القرار
no-decree = بلا قرار بعد
sample-entry = بيانات تجريبية
kind-holiday = عطلة رسمية
kind-hours = ساعات دوام
kind-closure = إغلاق
kind-weekend = عطلة أسبوعية
scope-all = كل المكاتب
scope-governorate = محافظة { $name }
from-day = ابتداءً من { $day }
decree-proposed = بانتظار موظف ثانٍ
decree-in-force = معمول به
decree-replaced = حل محله قرار لاحق
decree-ended = أنهى ما قبله
decree-rejected = مرفوض
decree-withdrawn = سحبه مقترحه
decree-overtaken = سبقه قرار آخر
decree-by = مقدم الاقتراح
decree-decided-by = صاحب البت
entry-ends = إنهاء:
entry-instead = بدلًا من
entry-own = تثبيت هذا الاقتراح لموظف آخر.
entry-effect = بعد التثبيت يُعاد احتساب مواعيد المعاملات المفتوحة، ويصل إشعار إلى كل من تغير موعده.
entry-approve = تثبيت القرار
entry-withdraw = سحب الاقتراح
entry-propose = تقديم الاقتراح
entry-gone = تغير هذا البند بعد عرضه، ولم يُطبق شيء. صفحة التقويم تبين القائم الآن.
first-day = اليوم الأول
last-day = اليوم الأخير
opens-at = بداية الدوام
closes-at = نهاية الدوام
free-days = أيام العطلة الأسبوعية
name-arabic = الاسم بالعربية
name-english = الاسم بالإنجليزية
decree-number = رقم القرار
decree-day = تاريخ القرار
day-like = مثل ⁦2027-06-30⁩.
hour-like = مثل ⁦09:00⁩.
wrong-name = يلزم اسم بالعربية واسم بالإنجليزية
wrong-decree = يلزم رقم القرار
wrong-decree-day = يلزم تاريخ القرار، وهو اليوم أو قبله
wrong-first = يلزم يوم أول لم يمض، مثل ⁦2027-06-30⁩
wrong-last = يلزم يوم أخير لا يسبق اليوم الأول ولم يمض
wrong-hours = تلزم ساعة بداية قبل ساعة النهاية، مثل ⁦09:00⁩
wrong-weekdays = يلزم يوم واحد إلى ثلاثة أيام
wrong-scope = يلزم اختيار المكاتب المشمولة
kept-title = الوفاء بالمواعيد في آخر ⁨90⁩ يومًا
column-service = الخدمة
column-ended = معاملات انتهت
column-kept = منها في موعدها

# Versions of services, and who signs them.
desk-services = إصدارات الخدمات
desk-services-hint = لا يُعرض إصدار قبل أربعة تواقيع: مقدم الخدمة والمالية والداخلية ومكتب الجودة.
versions-none = لا إصدار ينتظر توقيعًا.
column-provider = مقدم الخدمة
column-signatures = التواقيع
column-put-up = تاريخ الطرح
column-version = الإصدار
version-number = الإصدار { $number }
version-after = بعد الإصدار { $number }
version-from = أول يوم للعمل به
version-fee = الرسم
version-assurance = مستوى التحقق
version-digest = بصمة الملفات
version-waits = بانتظار التواقيع
version-signed = موقّع من الجهات الأربع
version-returned = معاد مع السبب
version-word = التوقيع عن: { $body }
version-sign = توقيع الإصدار
version-return = إعادة الإصدار
version-reason = سبب الإعادة
version-reason-missing = يلزم ذكر سبب الإعادة.
version-changes = ما تغيّر في الملفات
version-cut = في الملف تغييرات أخرى لا تتسع لها الصفحة.
version-gone = تغير هذا الإصدار بعد عرضه، أو وقّعت الجهة. لم يُحفظ شيء.
signature-awaited = بانتظار التوقيع
signature-given = توقيع محفوظ
body-provider = مقدم الخدمة
body-finance = المالية، عن الرسوم
body-interior = الداخلية، عن مستوى التحقق
body-quality = مكتب الجودة في مجلس الوزراء
fee-none = دون رسم
assurance-low = منخفض
assurance-substantial = معتبر
assurance-high = عالٍ
group-staff = موظفون يجرّبون الخدمة
group-invited = مدعوون
group-residents = المقيمون
group-abroad = المقيمون في الخارج
group-business = الشركات
opens-title = تُفتح هذه الخدمة على مراحل:
opens-line = { $group }: من { $day }
not-open-title = الخدمة غير مفتوحة بعد
not-open = تُفتح الخدمة على مراحل، ولم يحدد بعد يوم لفتحها لك.
not-open-until = تُفتح الخدمة على مراحل. يوم فتحها لك: { $day }.
not-open-next = صفحة الخدمة تبين المراحل وأيامها.
renewed = تغيرت هذه الخدمة بعد مراجعة الأجوبة، ولم يُرسل شيء. الأجوبة التي ما زالت صالحة محفوظة.
renewed-next = مراجعة المسودة مرة أخرى ثم إرسالها.
opening-title = خدمات تُفتح على مراحل
invited-title = من تُفتح لهم الخدمة أولًا
invited-as = الصفة
invited-numbers = أرقام الهوية
invited-hint = حتى ⁨200⁩ رقم، بينها مسافات أو فواصل أو أسطر.
invited-wrong = أحد الأرقام ليس رقم هوية، أو عددها أكثر من ⁨200⁩.
invited-save = إضافة إلى القائمة
# الرسوم بحسب الأجوبة
fee-each = { $amount } { $per }
fee-sometimes = { $name }: { $amount }، في بعض الحالات
fee-from = ابتداءً من { $amount }
fee-depends = بحسب الحالة
fee-unknown = مبلغ يظهر في أمر الدفع
fee-times = { $amount }، العدد { $count }
fee-estimated = هذا حساب الرسوم بحسب الأجوبة حتى الآن. المبلغ النهائي في أمر الدفع.
register-unasked = يحتاج السجل إلى هذه الإجابات قبل الاستعلام:
register-unknown = لا قيد في السجل بهذه البيانات. يمكن تعديلها، أو المتابعة كما هي:
# شروط التقديم
not-eligible = لا تتوفر الشروط الآن:
not-eligible-kept = لم تُقدَّم المسودة، وكل ما فيها محفوظ. التقديم ممكن متى تغيّر ذلك.
eligible = شروط التقديم متوفرة
eligible-unknown = التحقق من الشروط غير ممكن الآن. كتابة المسودة ممكنة، وتُراجَع الشروط عند التقديم.
rules-found = نتيجة القواعد
rules-found-hint = تُحسب من الأجوبة وبيانات السجلات المحفوظة في هذه المعاملة. لا يراها مقدم الطلب.
rule-holds = متحقق
rule-fails = غير متحقق
rule-nothing = لا قيمة
event-delivery-changed = تغيير طريقة استلام الوثيقة
bundle-offer = كل الخدمات دفعة واحدة
bundle-explained = يُطرح كل سؤال مرة واحدة، ويكفي زر واحد للتقديم. بعدها تصبح كل خدمة معاملة مستقلة.
bundle-begin = البدء بكل الخدمات
bundle-single = خدمة واحدة فقط
bundle-services = الخدمات
bundle-optional = (اختيارية)
bundle-if-needed = (عند الحاجة بحسب الإجابات)
bundle-always = ضمن الباقة دائمًا.
bundle-begun = مسودة بدأت في
bundle-of = ضمن باقة:
bundle-place = الخدمة { $number } من { $count }
bundle-also = تُستعمل الإجابة أيضًا في:
bundle-go-on = متابعة
bundle-open = بقيت أسئلة
bundle-answered = اكتملت الإجابات
bundle-questions = إلى أسئلتها
bundle-out = خارج الباقة
bundle-unneeded = لا حاجة إليها
bundle-unneeded-why = الإجابات لا تستدعي هذه الخدمة.
bundle-join = إضافة
bundle-leave = استبعاد
bundle-discard = حذف هذه المسودات
bundle-separate = تُقدَّم كل خدمة على حدة. إن تعذر تقديم واحدة، قُدِّمت البقية.
bundle-submit = تقديم الكل
bundle-sending = قيد التقديم
bundle-being-sent = الخدمات قيد التقديم. تظهر هنا بعد لحظات نتيجة كل واحدة منها.
bundle-refresh = تحديث الصفحة
bundle-sent-explained = كل خدمة الآن معاملة مستقلة، لها موعدها وإشعاراتها.
bundle-failed = لم تُقدَّم
bundle-go-on-alone = متابعة هذه المسودة
bundle-to-case = إلى المعاملة
bundle-next-pay = بانتظار دفع الرسوم.
bundle-next-none = لا شيء مطلوب الآن.
bundle-to-pay = رسوم مستحقة
bundle-to-pay-explained = لكل معاملة أمر دفع مستقل، وتتابع المعاملة طريقها فور الدفع.
bundle-why-mandate = التفويض لا يشمل هذه الخدمة. يمكن لصاحب الشأن تقديمها بنفسه.
bundle-why-persons = هذه الخدمة للأفراد لا للشركات.
bundle-why-companies = هذه الخدمة للشركات.
bundle-why-low = تتطلب هذه الخدمة دخولًا أقوى. المسودة محفوظة.
bundle-why-incomplete = إجابة ناقصة أو غير ملائمة. المسودة محفوظة.
bundle-why-ceiling = الرسم يتجاوز حد التفويض. المسودة محفوظة.
bundle-why-other = تعذر تقديم هذه الخدمة. المسودة محفوظة.
bundle-asked-above = أُجيب عن كل أسئلتها أعلاه.
bundle-awaits = تبدأ لاحقًا
bundle-awaits-why = تبدأ هذه الخدمة من نفسها بعد إنجاز الخدمة التي قبلها. وإن لم يبقَ سؤال قُدّم طلبها أيضًا، ويصل إشعار بذلك.
bundle-awaits-in-vain = لم تكتمل الخدمة التي قبلها، فلا تبدأ هذه الخدمة.
bundle-begun-itself = بدأت هذه الخدمة من نفسها بما أُجيب من قبل. بقيت أسئلة قليلة.
bundle-begins-notice = بدأت الخدمة التالية من باقة الخدمات
bundle-begins-body = أُنجزت الخدمة التي قبلها. ما أُجيب من قبل محفوظ، وبقيت أسئلة قليلة ثم التقديم.
bundle-failed-notice = خدمة من الباقة لم تُقدَّم
bundle-failed-body = قُدِّمت الخدمات الأخرى. صفحة الباقة تبين المطلوب.
bundles-open = باقات بدأ ملؤها
show-whole = عرض كل الأسئلة في صفحة واحدة
show-by-page = عرض سؤال واحد في كل صفحة
start-whole = البدء بكل الأسئلة في صفحة واحدة
whole-kept = بقية الإجابات محفوظة.
whole-may-grow = قد تستدعي بعض الإجابات أسئلة أخرى. تظهر هنا بعد الحفظ.
whole-grew = استدعت الإجابات أسئلة أخرى، وهي أدناه. ما سبق محفوظ.
resume-title = متابعة مسودة
resume-elsewhere = متابعة على جهاز آخر
resume-explained = المسودة التي بدأت على جهاز آخر تظهر هنا برمزها.
resume-label = رمز المسودة
resume-hint = ثمانية حروف وأرقام، مثل ⁦7Q4M‑29XD⁩.
resume-unknown = لا مسودة لهذا الحساب بهذا الرمز، أو انتهت مدته. يلزم التحقق من الرمز، أو طلب رمز جديد حيث بدأت المسودة.
resume-find = عرض المسودة
resume-listed = كل المسودات مدرجة أيضًا في
resume-code = الرمز:
resume-until = صالح حتى
resume-how-sign-in = الدخول على الجهاز الآخر بالحساب نفسه.
resume-how-page = فتح «متابعة مسودة برمز» من الصفحة الرئيسة، أو هذا العنوان:
resume-how-type = كتابة الرمز في تلك الصفحة.
resume-safe = الرمز وحده لا يفتح شيئًا: لا تظهر المسودة إلا لصاحبها بعد الدخول.
resume-make-explained = { $days ->
    [one] يفتح رمز قصير هذه المسودة على جهاز آخر ليوم واحد.
    [two] يفتح رمز قصير هذه المسودة على جهاز آخر ليومين.
    [few] يفتح رمز قصير هذه المسودة على جهاز آخر لمدة { $days } أيام.
    [zero] يفتح رمز قصير هذه المسودة على جهاز آخر اليوم.
    [many] يفتح رمز قصير هذه المسودة على جهاز آخر لمدة { $days } يومًا.
   *[other] يفتح رمز قصير هذه المسودة على جهاز آخر لمدة { $days } يوم.
}
resume-make = طلب رمز
resume-again = طلب رمز جديد
delivery-title = طريقة استلام الوثيقة
delivery-now = الآن:
delivery-change = تغيير الطريقة
delivery-choose = جهة استلام الوثيقة
delivery-wallet = في محفظة الوثائق فقط
delivery-home = إلى البيت
delivery-work = إلى مكان العمل
delivery-embassy = إلى سفارة
delivery-not-open = (غير متاح بعد)
delivery-later = التوصيل إلى البيت أو مكان العمل أو سفارة غير متاح بعد.
delivery-hint = التغيير ممكن إلى أن تُرسل الوثيقة إلى مكتب.
delivery-save = حفظ التغيير
list-silent = السجل لا يجيب الآن، فلا قائمة للاختيار منها. المسودة محفوظة، وإكمالها ممكن عند عودته.
list-refused = طبقة تبادل البيانات رفضت الاستعلام، فلا قائمة للاختيار منها. المسودة محفوظة إلى أن يُحل ذلك.
see-paper = عرض الوثيقة
event-file-infected = إيقاف ملف
event-file-replaced = إرفاق ملف آخر
event-retold = تغيّر جواب أحد السجلات
register-retold = تغيّر جواب أحد السجلات بعد تقديم الطلب.
register-retold-next = الجوابان القديم والجديد في صفحة المعاملة. يُتخذ القرار بعد الاطلاع عليهما.
told-before = الجواب السابق:
chosen-gone = ما اختاره صاحب المعاملة لم يعد في السجل.
chosen-gone-next = يمكن طلب تصحيح الجواب أو رفض الطلب.
registers-disagree = { $what }، والسجلات مختلفة فيه
registers-differ = السجلات مختلفة في { $what }: { $sources }. يُستكمل الطلب بعد توافقها، ويمكن طلب التصحيح من الجهة صاحبة السجل.
asked-by-register = بعد تقديم الطلب تغيّر جواب أحد السجلات، وأصبح هذا السؤال مطلوبًا: { $question }.
look-file = ملف من مرفقاتك
attachments = المرفقات
attach-files = إرفاق الملفات
attach-another = إرفاق ملف آخر
remove-file = إزالة
files-done = إنهاء
reply-files = إرفاق ملفات مع الرد
reply-files-hint = ما طُلب منك على شكل ملفات. يُرسل الرد من صفحة المعاملة.
correct-files = تصحيح المرفقات
files-limits = { $most ->
    [zero] لا ملفات
    [one] ملف واحد
    [two] ملفان على الأكثر
    [few] { $most } ملفات على الأكثر
    [many] { $most } ملفًا على الأكثر
   *[other] { $most } ملف على الأكثر
  }، حجم كل منها { $megabytes } ميغابايت أو أقل: { $kinds }. تُحذف من الصور معلومات مكانها ووقتها.
kilobytes = { $number } KB
megabytes = { $number } MB
file-arriving = غير مكتمل
file-waiting = قيد الفحص
file-infected = موقوف: محتوى ضار
file-waiting-desk = قيد الفحص، ويُفتح بعده
file-unscanned = غير مفحوص، يلزم الحذر عند فتحه
file-infected-desk = أوقفه الفحص
file-infected-next = وجد الفحص محتوى ضارًّا في ملف من المرفقات. لا يستطيع أحد فتحه. المطلوب نسخة أخرى منه.
file-unscanned-yet = ما زال هذا الملف قيد الفحص.
file-unscanned-yet-next = يمكن فتح صفحة المعاملة مرة أخرى بعد دقيقة.
file-quarantined = وجد الفحص محتوى ضارًّا في هذا الملف، ولا يستطيع أحد فتحه.
file-quarantined-next = في صفحة المعاملة طلب لملف آخر.
upload-sending = قيد الإرسال
upload-cut = انقطع الاتصال. ما وصل محفوظ، والإرسال يُستأنف تلقائيًّا.
upload-refused = تعذر قبول هذا الملف. يمكن إرفاقه مرة أخرى.
bad-too-large = حجم الملف أكبر من { $megabytes } ميغابايت. يمكن تصويره بجودة أقل أو تقسيمه.
bad-no-room = الحد الأقصى لملفات المعاملة معًا { $megabytes } ميغابايت. يمكن إزالة ملف أو إرفاق ملفات أصغر.
bad-too-many = { $most ->
    [zero] لا يمكن إرفاق ملفات هنا
    [one] يمكن إرفاق ملف واحد هنا
    [two] يمكن إرفاق ملفين على الأكثر هنا
    [few] يمكن إرفاق { $most } ملفات على الأكثر هنا
    [many] يمكن إرفاق { $most } ملفًا على الأكثر هنا
   *[other] يمكن إرفاق { $most } ملف على الأكثر هنا
  }. يلزم إزالة ملف أولًا.
bad-empty = الملف فارغ. يمكن اختياره مرة أخرى.
bad-heic = صور HEIC لا تُفتح على كل الأجهزة. يمكن اختيار «الأكثر توافقًا» في إعدادات الكاميرا، أو حفظ الصورة بصيغة JPEG.
bad-type = الأنواع المقبولة هي: { $kinds }. يمكن حفظ الملف بأحدها.
bad-lies = نوع الملف في اسمه غير نوع محتواه. يمكن حفظه مرة أخرى من البرنامج الذي أنشأه.
bad-broken = الملف تالف وتتعذر قراءته. يمكن فتحه على جهازك وحفظه مرة أخرى.
bad-pixels = عدد نقاط الصورة كبير جدًّا. يمكن تصويرها بدقة أقل.
bad-locked = الملف مقفل بكلمة مرور. يمكن طباعته بصيغة PDF بلا كلمة مرور.
bad-active = في الملف برامج أو ملفات أخرى. يمكن طباعته بصيغة PDF وإرفاق الناتج.
bad-marked = فوق صفحات الملف حقول أو ملاحظات أو توقيع. يمكن طباعته بصيغة PDF وإرفاق الناتج.
bad-sealed = على الملف ختم أو توقيع ليس من حكومتي، أو تغيّر الملف بعد ختمه. يمكن طباعته بصيغة PDF وإرفاق الناتج.
bad-infected = كشف فحص الملف عن محتوى ضار. لم يُحفظ الملف، ويمكن إرفاق ملف آخر.
bad-too-much = محتوى الملف أكبر من أن يُفحص. يمكن طباعته بصيغة PDF وإرفاق الناتج.
whole-attach = إرفاق الملفات في صفحتها
version-saved = معروض كما حُفظ، دون تواقيع
replay-title = أثر القواعد الجديدة في معاملات سابقة
replay-explained = تُقيَّم الأجوبة المحفوظة وما أفادت به السجلات يوم التقديم. لا تُعرض بيانات أحد.
replay-running = المراجعة جارية، والأعداد تزيد.
replay-looked = معاملات شملتها المراجعة
replay-same = لا يختلف القرار في أي منها.
replay-refused = مضت، وتُرفض بالقواعد الجديدة
replay-granted = رُفضت، وتمضي بالقواعد الجديدة
replay-reasons = تُرفض كما رُفضت، لأسباب أخرى
replay-way = تمضي بمراحل أخرى
replay-fees = تختلف رسومها
replay-promise = يختلف موعدها
replay-lacking = لا يكفي المحفوظ منها للحكم
replay-erased = مُحيت بياناتها
replay-cases = أرقام المعاملات التي يختلف القرار فيها
