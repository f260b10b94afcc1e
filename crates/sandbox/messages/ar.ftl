demo-title = التجربة: أشخاص ورسائل
demo-lead = كل الأشخاص والأرقام هنا مختلقون. يمكن الدخول باسم أي منهم، وكل رسالة تُرسل تظهر في آخر الصفحة.
sign-in = دخول المواطنين
desk-sign-in = دخول الموظفين
open-account = فتح حساب
municipality = الدخول إلى موقع بلدية بحساب حكومتي
people = المواطنون
officers = الموظفون
id-number = رقم الهوية
born = تاريخ الميلاد
phone = الهاتف
password = كلمة المرور
username = اسم المستخدم
totp = رمز التطبيق الآن
registers = السجلات
register-civil = السجل المدني
register-operators = سجل مشغلي الهاتف
register-drivers = سجل السائقين
register-fines = سجل مخالفات السير
turn-off = إيقاف
turn-on = تشغيل
companies = شركات خارجية
company-sms = شركة الرسائل القصيرة
company-bank = البنك
open-payments = صفحات دفع مفتوحة لدى البنك
expire = إنهاء مهلتها
rename-title = تغيير اسم في السجل المدني
given-ar = الاسم الأول بالعربية
given-en = الاسم الأول بالأحرف اللاتينية
rename = تغيير الاسم
sent-messages = الرسائل المرسلة
no-messages = لا رسائل بعد.
bank-title = بنك التجربة
bank-amount = المبلغ
card-number = رقم البطاقة
card-hint = تُقبل هنا بطاقات التجربة وحدها.
card-unknown = ليست من بطاقات التجربة. الأرقام المقبولة مكتوبة في أسفل الصفحة.
card-challenged = يطلب البنك تأكيدًا
card-trusted = تُقبل بلا تأكيد
card-empty = رصيدها لا يكفي
test-cards = بطاقات التجربة
bank-pay = دفع
challenge-title = تأكيد حامل البطاقة
challenge-explained = يطلب البنك المصدر للبطاقة تأكيد الدفع.
challenge-pass = تأكيد صحيح
challenge-fail = تأكيد خاطئ
challenge-cancel = إلغاء الدفع
challenge-abandon = إغلاق الصفحة بلا جواب
till-title = نقطة البيع
till-code = رمز الدفع، 14 رقمًا
till-inquire = استعلام
till-take = قبض المبلغ نقدًا
till-done = قُبض المبلغ. رقم الإيصال:
till-silent = لا جواب من بوابة الدفع. الاستعلام ممكن مرة أخرى.
till-state = { $state ->
    [paid] هذا الأمر مسدَّد، ولا مبلغ مستحق.
    [cancelled] أُلغي أمر الدفع، ولا مبلغ مستحق.
    [wrong_check_digit] في الرمز خطأ. تلزم مقارنته بالمكتوب في أمر الدفع.
   *[other] لا أمر دفع بهذا الرمز.
}
till-outcome = { $outcome ->
    [held] أمر الدفع مسدَّد من قبل. المبلغ المقبوض محفوظ ليُعاد إلى دافعه.
   *[other] لم يُسجَّل قبض هذا المبلغ.
}
# Calls
company-voice = شركة الاتصالات الصوتية
kind-sms = رسالة قصيرة
kind-call = اتصال صوتي
kind-email = بريد إلكتروني
passport = سطرا جواز السفر
register-companies = سجل الشركات
company-change-title = شطب شركة من سجل الشركات، أو إنهاء تفويض أحد الموقعين عنها
company-number = رقم الشركة
company-signatory = رقم هوية من لم يعد يوقع عنها. يُترك فارغًا لشطب الشركة.
company-change = تغيير السجل
other-registers = سجلات أخرى، بحسب عملياتها
other-registers-hint = السجل الموقوف لا يجيب، والمعاملات التي تسأله تنتظر.
register-off = { $operation }، موقوف
