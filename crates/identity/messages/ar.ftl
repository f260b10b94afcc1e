error-prefix = خطأ:
continue-button = متابعة
back = رجوع
home = الصفحة الرئيسية
client-portal = حكومتي
client-desk = حكومتي، واجهة الموظفين
nameless = حسابي
nameless-officer = موظف
# Opening an account
open-title = فتح حساب
open-intro = يلزم رقم الهوية وتاريخ الميلاد، ثم رمز يصل إلى هاتف مسجَّل باسم صاحب الهوية.
have-account = لديك حساب؟
id-number = رقم الهوية
id-number-hint = تسعة أرقام كما في البطاقة، مثل 900000001.
id-number-wrong = رقم الهوية تسعة أرقام، بلا أحرف.
id-number-looks-wrong = يبدو أن في الرقم خطأً. الرجاء مقارنته بالبطاقة. إن كان مطابقًا لها فالمتابعة ممكنة.
birth-date = تاريخ الميلاد
birth-date-hint = كما في بطاقة الهوية، مثل 27 3 1988.
birth-date-wrong = هذا ليس تاريخ ميلاد. مثال على تاريخ صحيح: اليوم 27، الشهر 3، السنة 1988.
day = اليوم
month = الشهر
year = السنة
lookup-notice = يُقارَن التاريخ بالسجل المدني. يُسجَّل هذا الاطلاع، ويظهر لصاحب الهوية.
choose-title = الهاتف الذي يصله الرمز
choose-hint = هذه هي الأرقام المسجلة باسم صاحب الهوية. لا يظهر منها إلا آخر رقمين.
choose-wrong = الرجاء اختيار أحد الأرقام.
number-ending = رقم ينتهي بـ { $tail }
send-code = إرسال الرمز
code-title = رمز التحقق
code-sent = أُرسلت رسالة قصيرة فيها رمز إلى الرقم الذي ينتهي بـ { $tail }. قد تتأخر الرسالة بضع دقائق.
code-not-sent = لم يُرسل رمز بعد.
code-late = الرسائل القصيرة متأخرة الآن. يصل الرمز من تلقاء نفسه حين تعود الخدمة، ولا يلزم طلبه مرة أخرى.
code = الرمز
code-hint = ستة أرقام، صالحة عشر دقائق.
code-wrong = الرمز غير مطابق. الرجاء مقارنته بآخر رسالة وصلت.
code-dead = لم يعد هذا الرمز صالحًا. يمكن طلب رمز جديد من هذه الصفحة.
resend = إرسال رمز جديد
skip-title = لا رمز متاح؟
skip-explained = يمكن الدخول بكلمة المرور وحدها. تتاح عندئذ المسودات فقط، من دون بيانات السجلات ومن دون تقديم الطلبات.
skip = الدخول بلا رمز
sms-code = رمز الدخول إلى حكومتي: { $code }. صالح عشر دقائق. لا يطلبه منك أي موظف.
password-title = كلمة مرور للحساب
low-explained = لا يوجد هاتف مسجَّل يمكن إرسال الرمز إليه، أو تعذَّر الوصول إلى السجل الآن. يُفتح الحساب للمسودات فقط.
low-next = تُفعَّل بقية الخدمات بعد إبراز بطاقة الهوية في مكتب.
offices = المكاتب ومواعيدها
new-password = كلمة المرور
again-password = كلمة المرور مرة أخرى
password-hint = { $chars ->
    [zero] أي عدد من الأحرف أو الأرقام، بأي لغة. جملة قصيرة أسهل في الحفظ.
    [one] حرف واحد أو رقم على الأقل، بأي لغة. جملة قصيرة أسهل في الحفظ.
    [two] حرفان أو رقمان على الأقل، بأي لغة. جملة قصيرة أسهل في الحفظ.
    [few] { $chars } أحرف أو أرقام على الأقل، بأي لغة. جملة قصيرة أسهل في الحفظ.
    [many] { $chars } حرفًا أو رقمًا على الأقل، بأي لغة. جملة قصيرة أسهل في الحفظ.
   *[other] { $chars } حرف أو رقم على الأقل، بأي لغة. جملة قصيرة أسهل في الحفظ.
}
password-short = { $chars ->
    [zero] كلمة المرور قصيرة.
    [one] كلمة المرور قصيرة. يلزم حرف واحد على الأقل.
    [two] كلمة المرور قصيرة. يلزم حرفان على الأقل.
    [few] كلمة المرور قصيرة. يلزم { $chars } أحرف على الأقل.
    [many] كلمة المرور قصيرة. يلزم { $chars } حرفًا على الأقل.
   *[other] كلمة المرور قصيرة. يلزم { $chars } حرف على الأقل.
}
password-long = { $chars ->
    [zero] كلمة المرور طويلة.
    [one] كلمة المرور طويلة. الحد الأقصى حرف واحد.
    [two] كلمة المرور طويلة. الحد الأقصى حرفان.
    [few] كلمة المرور طويلة. الحد الأقصى { $chars } أحرف.
    [many] كلمة المرور طويلة. الحد الأقصى { $chars } حرفًا.
   *[other] كلمة المرور طويلة. الحد الأقصى { $chars } حرف.
}
password-known = كلمة المرور هذه سهلة التخمين: كلمة شائعة، أو اسم، أو رقم يخص صاحبها. الرجاء اختيار غيرها.
passwords-differ = كلمتا المرور مختلفتان. الرجاء كتابتهما من جديد.
open-button = فتح الحساب
refused-title = تعذَّر فتح الحساب بهذه البيانات
refused-intro = قد يكون السبب واحدًا مما يلي:
refused-mistyped = خطأ في رقم الهوية أو تاريخ الميلاد.
refused-account = وجود حساب لهذا الرقم.
refused-register = حاجة السجل المدني إلى تصحيح، ويكون ذلك في مكتب.
begin-again = البدء من جديد
has-account-title = يوجد حساب لهذا الرقم
has-account = سبق فتح حساب بهذه الهوية. يمكن الدخول إليه بكلمة مروره، أو مراجعة مكتب إن نُسيت.
# Signing in
sign-in-title = تسجيل الدخول
signing-in-to = للدخول إلى { $client }.
password = كلمة المرور
sign-in-cancel = الرجوع إلى { $client } بلا دخول
no-account = ليس لديك حساب؟
sign-in-wrong = رقم الهوية أو كلمة المرور غير صحيحة.
officer-title = دخول الموظفين
username = اسم المستخدم
otp = رمز تطبيق المصادقة
otp-hint = ستة أرقام من تطبيق المصادقة، تتغير كل 30 ثانية.
officer-wrong = لم تتطابق البيانات. إن كان الرمز قد استُعمل، يلزم انتظار الرمز التالي.
sign-in-failed-title = لم يكتمل تسجيل الدخول
sign-in-failed = انتهت صلاحية هذه المحاولة، أو فُتحت في متصفح آخر.
sign-in-failed-next = يمكن البدء من جديد. لم يُفقد شيء مما حُفظ.
gone = انتهت هذه الخطوة، أو بدأت في متصفح آخر. يمكن البدء من جديد.
taken = رقم الهوية هذا مثبت لحساب آخر.
client-fault = وصل طلب الدخول بصورة غير صحيحة: { $why }
client-fault-next = لا حاجة إلى إعادة المحاولة هنا. هذه الرسالة تهم الجهة صاحبة الخدمة.
# Consent
consent-title = مشاركة البيانات
consent-asks = يُطلب إطلاع { $client } على ما يلي:
consent-pseudonym = رمز ثابت للحساب، لا يدل على صاحبه
consent-profile = الاسم الأول واسم العائلة
consent-id-number = رقم الهوية
consent-allow = موافقة
consent-deny = رفض
going-back-title = العودة إلى الخدمة
going-back-by-hand = المتصفح لا يشغّل البرامج النصية، فيلزم الضغط على الزر لإكمال الدخول.
# The account
to-cases = معاملاتي
account-title = الحساب والأمان
account-explained = الجلسات المفتوحة كلها، وما سُمح بإطلاع الجهات عليه، وعمليات الدخول، ولكل منها إيصالها.
change-password = تغيير كلمة المرور
looks-link = من اطّلع على بياناتي
sessions-title = الجلسات المفتوحة
session-here = هذا الجهاز
session-began = البداية
session-seen = آخر استعمال
session-end = إنهاء
sessions-end-all = إنهاء الجلسات كلها
device-unknown = جهاز غير معروف
allowed-title = ما سُمح بإطلاع الجهات عليه
allowed-none = لم تطلب أي جهة شيئًا بعد.
allowed-on = تاريخ الموافقة
withdraw = سحب الموافقة
entries-title = عمليات الدخول
entry-to = دخول إلى { $service }
entry-failed = محاولة دخول
entry-failed-tag = لم تنجح
receipt = إيصال موقَّع
disown-title = لست أنا من دخل
disown-explained = إن كان في هذا ما فعله شخص آخر، يمكن إنهاء الجلسات كلها فورًا، في كل خدمة وعلى كل جهاز.
disown-button = إنهاء كل شيء الآن
disowned-title = حكومتي: أُنهيت الجلسات كلها لأن صاحب الحساب لم يتعرف على عملية دخول.
disowned-next = خرج كل من دخل بهذا الحساب. إن عرف أحد كلمة المرور، يلزم تغييرها.
ended-title = انتهت الجلسات
ended-explained = لم يعد أحد داخلًا بهذا الحساب، في أي خدمة وعلى أي جهاز.
ended-next = إن عرف أحد كلمة المرور، يلزم تغييرها الآن. يقود تسجيل الدخول إلى صفحة التغيير.
change-password-explained = تنتهي الجلسات الأخرى مع التغيير، وتصل رسالة تخبر به.
present-password = كلمة المرور الحالية
next-password = كلمة المرور الجديدة
password-present-wrong = كلمة المرور الحالية غير صحيحة.
password-changed-title = حكومتي: تغيرت كلمة مرور الحساب.
password-changed-next = إن فعل ذلك شخص آخر، يمكن لأي مكتب إيقاف الحساب.
# Ways to sign in
factors-title = طرق الدخول
factors-explained = ما يُدخل به إلى الحساب مع كلمة المرور أو بدلًا منها. طريقتان خير من واحدة إن ضاع الهاتف.
factors-again = لتغيير طرق الدخول يلزم تسجيل الدخول من جديد بكل ما هو متاح، ثم يتاح التغيير عشر دقائق.
factors-again-button = تسجيل الدخول من جديد
factors-wait = استُعيد الحساب قبل قليل. لا تُحذف طريقة دخول قبل { $until }.
factor-remove = حذف
factor-added-title = حكومتي: أُضيفت طريقة دخول إلى الحساب.
factor-removed-title = حكومتي: حُذفت طريقة دخول من الحساب.
factor-changed-next = إن فعل ذلك شخص آخر، يمكن إنهاء كل الجلسات من صفحة الحساب والأمان، ويمكن لأي مكتب إيقاف الحساب.
passkeys-title = مفاتيح المرور
passkeys-explained = يحفظ الجهاز مفتاحًا سريًا، ويُفتح ببصمة أو بوجه أو برمز القفل. لا يلزم معه رقم ولا كلمة مرور، ولا ينخدع بالمواقع المزيفة.
passkeys-none = لا مفتاح مرور لهذا الحساب.
passkey-synced = يتنقل بين الأجهزة
passkey-made = تاريخ الإنشاء
passkey-used = آخر استعمال
passkey-add = إضافة مفتاح مرور
passkey-scripts = تلزم لإضافة مفتاح مرور برمجيات المتصفح (JavaScript).
passkey-failed = لم يُضف مفتاح المرور. قد يكون الجهاز قد ألغى العملية، أو لا قفل له.
passkey-sign-in = الدخول بمفتاح مرور
passkey-not-used = لم يُستعمل مفتاح مرور. يمكن الدخول برقم الهوية وكلمة المرور.
passkey-unknown = مفتاح المرور هذا غير معروف هنا. يمكن الدخول برقم الهوية وكلمة المرور.
app-title = تطبيق المصادقة
app-explained = تطبيق على الهاتف يعطي رمزًا جديدًا كل 30 ثانية، ويعمل بلا شبكة وبلا شريحة.
app-there = مُعدّ
app-set-up = إعداد تطبيق المصادقة
app-replace = إعداده على هاتف آخر
app-remove = إلغاء تطبيق المصادقة
app-scan = يُصوَّر هذا الرمز بتطبيق المصادقة.
app-open = فتحه في تطبيق على هذا الجهاز
app-type = أو يُكتب هذا المفتاح في التطبيق:
app-confirm = تأكيد
app-wrong = الرمز غير مطابق. يُكتب الرمز الظاهر في التطبيق الآن، وساعة الهاتف يجب أن تكون مضبوطة.
sheet-title = ورقة الاستعادة
sheet-explained = عشرة رموز تُطبع وتُحفظ في البيت. كل رمز يغني مرة واحدة عن الهاتف، ومعه تُستعاد كلمة مرور منسية.
sheet-left = { $left ->
    [zero] لم يبق في الورقة رمز
    [one] بقي في الورقة رمز واحد
    [two] بقي في الورقة رمزان
    [few] بقي في الورقة { $left } رموز
    [many] بقي في الورقة { $left } رمزًا
   *[other] بقي في الورقة { $left } رمز
}
sheet-made = أُنشئت
sheet-make = إنشاء ورقة جديدة
sheet-make-text = إنشاؤها ملفًا نصيًا
sheet-keep = تُطبع هذه الصفحة أو تُنسخ الرموز بخط اليد. لن تظهر مرة أخرى، والورقة السابقة لم تعد صالحة.
sheet-use = عند ضياع الهاتف: يُختار «رمز من الورقة» بعد كلمة المرور. عند نسيان كلمة المرور: رابط النسيان في صفحة الدخول.
sheet-once = كل رمز صالح مرة واحدة. لا يطلب أي موظف رمزًا منها.
sheet-done = حُفظت الورقة
sheet-hint = ستة عشر حرفًا ورقمًا من الورقة، بالفواصل أو من دونها.
sms-title = الرسائل القصيرة
sms-none = لا رقم هاتف مثبت لهذا الحساب.
sms-there = تذهب الرموز إلى الرقم الذي ينتهي بـ { $tail }.
sms-explained = يغيّر الرقم موظف في أي مكتب بعد رؤية الهوية.
code-app-title = رمز تطبيق المصادقة
code-sheet-title = رمز من ورقة الاستعادة
code-by-sms = إرسال رمز برسالة قصيرة
code-by-app = رمز من تطبيق المصادقة
code-by-sheet = رمز من ورقة الاستعادة
code-other-wrong = الرمز غير مطابق، أو استُعمل من قبل.
present-password-unneeded = كان الدخول بمفتاح مرور، فلا تلزم كلمة المرور الحالية إن نُسيت.
# Back into an account
recover-link = كلمة المرور منسية؟
recover-title = استعادة الحساب
recover-explained = يلزم رمز من ورقة الاستعادة أو من تطبيق المصادقة أو مما طبعه مكتب. بعده رمز يصل إلى الهاتف المثبت، ثم كلمة مرور جديدة.
recover-code = رمز من الورقة أو التطبيق أو المكتب
recover-code-hint = ستة عشر حرفًا ورقمًا من الورقة أو مما طبعه المكتب، أو ستة أرقام من التطبيق.
recover-wrong = رقم الهوية والرمز غير متطابقين، أو استُعمل الرمز من قبل.
recover-alone = لا هاتف مثبت لهذا الحساب، فلا يكفي هذا الرمز وحده. لم يُستهلك الرمز. يطبع موظف في أي مكتب رمز فتح بعد رؤية الهوية.
recover-other-title = طرق أخرى
recover-passkey = من له مفتاح مرور يدخل به ويغيّر كلمة المرور.
recover-office = من ليس له شيء من ذلك يزور مكتبًا ومعه الهوية.
recover-password-title = كلمة مرور جديدة
recover-password-explained = تنتهي كل الجلسات مع التغيير، وتصل رسالة تخبر به. ولا تُحذف طريقة دخول خلال يوم بعده.
recovered-title = حكومتي: استُعيد الحساب بكلمة مرور جديدة.
recovered-next = إن فعل ذلك شخص آخر، يلزم إيقاف الحساب في أقرب مكتب. لا تُحذف طريقة دخول خلال يوم.
# A device without a browser
device-title = ربط جهاز
device-explained = يعرض تلفاز أو صندوق بيع أو جهاز آخر بلا لوحة مفاتيح رمزًا. يرتبط الجهاز بالحساب بعد كتابة الرمز هنا.
device-code = الرمز الظاهر على الجهاز
device-code-hint = ثمانية أحرف لاتينية، مثل WDJB-MJHT.
device-code-wrong = هذا الرمز غير صالح. الرجاء مقارنته بما يظهر على الجهاز. بعد عشر دقائق يلزم رمز جديد من الجهاز.
device-warning = المتابعة فقط إن كان الرمز ظاهرًا على جهاز أمامك. لا ترسل أي جهة حكومية رمزًا كهذا ولا تطلبه.
device-asks = يُطلب ربط جهاز بحسابك من { $client }.
device-place = بدأ الطلب من العنوان
device-began = وقت بدء الطلب
device-stays = يبقى الجهاز مرتبطًا حتى انتهاء الجلسة، واثنتي عشرة ساعة على الأكثر.
device-step-up = يشترط الربط مع { $client } دخولًا بعامل تحقق ثانٍ.
device-step-up-link = الدخول بعامل ثانٍ
device-unmet = يشترط الربط مع { $client } إثباتًا لم يكتمل لهذا الحساب. يكتمل الإثبات بإبراز بطاقة الهوية في مكتب.
device-allowed = ارتبط الجهاز مع { $client }.
device-allowed-next = يمكن المتابعة على الجهاز. ويمكن إنهاء الارتباط في أي وقت من صفحة
device-refused = لم يرتبط الجهاز مع { $client }.
device-refused-next = لم تُكشف أي بيانات. يمكن إغلاق هذه الصفحة.
device-gone = انتهت صلاحية هذا الرمز، أو كُتب من حساب آخر. يمكن للجهاز عرض رمز جديد.
# Signing out
sign-out-title = تسجيل الخروج
sign-out-explained = ينهي الخروج الجلسة في حكومتي وفي كل خدمة دُخلت بها.
sign-out-button = خروج
sign-out-others = ما زالت هذه الخدمات مفتوحة بالجلسة نفسها:
sign-out-all = خروج من الكل
sign-out-only = خروج من { $client } فقط
signed-out-title = انتهت الجلسة
signed-out = سُجِّل الخروج. على جهاز مشترك يُستحسن إغلاق المتصفح.
# Officers: what two decide, clients, accounts, figures
desk = واجهة الموظفين
identity-title = الحسابات والدخول
own-proposal = البت في هذا الاقتراح لموظف آخر.
own-client = هذا النظام تابع للبوابة نفسها، ويُهيأ مع كل تشغيل لا من هنا.
reason-missing = يلزم ذكر السبب، في 500 حرف على الأكثر.
no-longer = جرى البت في هذا الأمر أو تغييره في الأثناء. لم يُنفذ شيء.
reason = السبب
reason-given = السبب: { $reason }
level-low = منخفض
level-substantial = معتبر
level-high = عالٍ
level-from = { $level }، ابتداءً من { $day }
propose = تقديم الاقتراح
approve = موافقة
reject = رفض
take-back = سحب الاقتراح
proposals-title = اقتراحات تنتظر موظفًا ثانيًا
proposals-explained = كل تغيير مهم يقترحه موظف ويبت فيه موظف آخر.
proposals-waiting = { $count ->
    [zero] لا اقتراحات تنتظر
    [one] اقتراح واحد ينتظر
    [two] اقتراحان ينتظران
    [few] { $count } اقتراحات تنتظر
    [many] { $count } اقتراحًا ينتظر
   *[other] { $count } اقتراح ينتظر
}
proposals-none = لا شيء ينتظر موظفًا ثانيًا.
proposals-decided = اقتراحات جرى البت فيها
proposal = الاقتراح
proposal-open = عرض الاقتراح
proposal-back = العودة إلى الاقتراح
proposal-client = تسجيل النظام { $client } أو تغيير تسجيله
proposal-resume = إعادة تشغيل النظام { $client }
proposal-unlock = إعادة فتح حساب
proposal-assurance = مستوى التحقق لخدمة { $service }
proposal-erased = عن شخص مُحيت بياناته
proposal-stale = تغير موضوع الاقتراح بعد تقديمه. لم يُطبق شيء، ويمكن تقديم اقتراح جديد على ما هو قائم الآن.
proposal-stage = الحالة
stage-proposed = ينتظر موظفًا ثانيًا
stage-applied = نال الموافقة وهو سارٍ
stage-rejected = مرفوض
stage-withdrawn = مسحوب
stage-stale = سبقه تغيير آخر
proposed-by = مقدم الاقتراح
proposed-at = تاريخ التقديم
decided-by = صاحب القرار
decided-at = تاريخ القرار
differences = ما يتغير
is-now = الآن
is-proposed = المقترح
clients-title = الأنظمة المسجلة
client-new = تسجيل نظام
client-change = تغيير التسجيل
client-suspend = إيقاف
client-resume = اقتراح إعادة التشغيل
client-acts = تغييرات
client-own = من أنظمة البوابة
client-open = عامل
client-suspended = موقوف
client-changed = آخر تغيير
client-stage = الحالة
client-waiting = ثمة تغيير ينتظر موظفًا ثانيًا.
more-clients = أنظمة أخرى
client-form-explained = يسري التسجيل بعد موافقة موظف آخر. كل خطأ يُذكر باسم الحقل.
client-id = المعرّف (client_id)
client-id-hint = حروف لاتينية وأرقام ونقاط وشرطات. لا يتغير بعد ذلك.
client-name = الاسم
client-name-in = الاسم · { $language }
client-sector = القطاع
client-sector-hint = أنظمة القطاع الواحد تعرف الشخص بالرمز نفسه.
client-holders = من يدخل
holders-citizens = المواطنون
holders-officers = الموظفون
client-preset = نمط الأمان
client-preset-hint = النمط fapi2 هو الأشد والمعتاد، والنمط legacy له سر ينتهي في يوم محدد.
client-redirects = عناوين الرجوع بعد الدخول
client-farewells = عناوين الرجوع بعد الخروج
client-back-channel = عنوان الإبلاغ بانتهاء الجلسات
client-keys = المفاتيح العامة
client-keys-hint = مجموعة JWK من مفاتيح عامة فقط: ES256 أو EdDSA، وRS256 خارج fapi2.
client-grants = صلاحيات دون متصفح
client-scopes = نطاقات باسم النظام نفسه
client-accepts = أنظمة يحق لها الدخول إلى هذا النظام
client-rs256 = توقيع رموز الهوية بخوارزمية RS256
client-certificate = بصمة الشهادة SHA-256 بترميز base64url
client-secret = بصمة السر SHA-256 بالترميز الست عشري
client-secret-hint = صاحب النظام يولّد السر من 32 بايتًا ويسلّم بصمته فقط، فلا يعرفه أحد هنا.
client-secret-until = آخر يوم للسر
one-on-a-line = عنوان في كل سطر، وتجري المطابقة حرفًا بحرف.
day-hint = مثل ⁦2027-06-30⁩.
day-wrong = يلزم تاريخ اليوم أو ما بعده، مثل ⁦2027-06-30⁩.
suspend-explained = يُرفض النظام فورًا مع كل رمز لديه. وإعادة تشغيله تحتاج إلى موظف ثانٍ.
resume-explained = يعود النظام إلى العمل بعد موافقة موظف آخر.
key-kind = النوع
key-since = معروف منذ
key-days = العمر بالأيام
key-unknown = غير معروف
faults-title = لا يمكن تقديم التسجيل بعد
fault-not-https = العنوان { $address } لا يبدأ بالمقطع https://
fault-malformed = في العنوان { $address } علامة لا تجوز في العناوين.
fault-too-many = العدد أو الطول أكثر من المسموح.
fault-no-address = يلزم عنوان واحد على الأقل، أو صلاحية دون متصفح.
fault-not-json = النص ليس بصيغة JSON.
fault-not-keys = النص ليس مجموعة مفاتيح عامة (RFC 7517).
fault-no-key = لا مفتاح عامًا من نوع يقبله نمط الأمان.
fault-needed = النمط legacy يحتاج إليه.
fault-legacy-only = هذا للنمط legacy وحده.
fault-not-a-day = النمط legacy ينتهي في يوم محدد، مثل ⁦2027-06-30⁩.
fault-passed = مضى هذا اليوم.
fault-no-name = يلزم اسم بكل لغة، في 100 حرف على الأكثر.
fault-not-a-word = هذا ليس من الخيارات.
fault-not-a-digest = هذه ليست بصمة SHA-256.
fault-not-an-identifier = حروف لاتينية وأرقام ونقاط وشرطات فقط، 100 على الأكثر.
fault-taken = هذا المعرّف لنظام آخر.
health-title = الفحص الليلي
health-at = تاريخ الفحص
health-well = سليم
health-never = لم يُفحص بعد
findings = { $count ->
    [zero] لا ملاحظات
    [one] ملاحظة واحدة
    [two] ملاحظتان
    [few] { $count } ملاحظات
    [many] { $count } ملاحظة
   *[other] { $count } ملاحظة
}
finding-redirect-silent = لا جواب من العنوان { $origin } الذي يرجع إليه الناس بعد الدخول.
finding-back-channel-silent = لا جواب من العنوان { $address } الذي يُبلَّغ بانتهاء الجلسات.
finding-old-key = المفتاح { $kid } مضى عليه أكثر من سنة، وعمره بالأيام: { $days }.
finding-secret-ends = ينتهي السر في { $day }.
finding-secret-ended = انتهى السر في { $day }.
accounts-title = حسابات الأشخاص
accounts-explained = لا يظهر الرقم في أي عنوان. كل اطلاع يُسجل، ويراه صاحب الحساب.
account-none = لا حساب لهذا الرقم.
find-account = البحث عن الحساب
account-of-person = حساب شخص
account-open = مفتوح
account-locked = موقوف
account-stage = الحساب
account-level = مستوى التحقق
account-factors = وسائل الدخول
factor-password = كلمة مرور
factor-sms = رمز برسالة نصية
factor-totp = تطبيق مصادقة
factor-passkey = مفتاح مرور
factor-sheet = ورقة الاستعادة
factor-other = وسيلة أخرى
look-recorded = هذا الاطلاع مسجل ويراه صاحب الحساب.
lock = إيقاف الحساب
lock-explained = يتوقف الدخول وتنتهي الجلسات كلها، ويُبلَّغ صاحب الحساب.
unlock = إعادة فتح الحساب
unlock-explained = يُفتح الحساب بعد موافقة موظف آخر، ويُبلَّغ صاحبه.
unlock-waits = إعادة الفتح تنتظر موظفًا ثانيًا.
locked-title = حكومتي: أوقف موظف الحساب.
locked-next = يمكن لأي مكتب المساعدة عند إبراز بطاقة الهوية.
unlocked-title = حكومتي: أُعيد فتح الحساب.
unlocked-next = الدخول ممكن من جديد.
officer-ended-title = حكومتي: أنهى موظف جلسات الحساب كلها.
officer-ended-next = الدخول ممكن من جديد. إن لم يكن السبب واضحًا، يمكن لأي مكتب المساعدة.
assurance-title = مستوى التحقق المطلوب للخدمات
assurance-explained = تطلب الخدمة هذا المستوى قبل تقديم الطلب. ويسري كل تغيير من يومه.
assurance-change = اقتراح مستوى آخر
service = الخدمة
valid-from = ابتداءً من
decision = القرار
undecided = لا قرار بعد، فيُطلب أعلى مستوى
comes = قادم
sample = عيّنة
figures-title = الأرقام
figures-explained = { $days ->
    [zero] لا أيام بعد.
    [one] آخر يوم، دون أي بيانات شخصية.
    [two] آخر يومين، دون أي بيانات شخصية.
    [few] آخر { $days } أيام، دون أي بيانات شخصية.
    [many] آخر { $days } يومًا، دون أي بيانات شخصية.
   *[other] آخر { $days } يوم، دون أي بيانات شخصية.
}
figures-none = لا أرقام بعد.
figures-day = اليوم
figures-done = دخول ناجح
figures-password = كلمة مرور خاطئة
figures-code = رمز خاطئ
figures-officer = رفض دخول موظف
figures-other = محاولات كثيرة أو انشغال
figures-openings = فتح الحسابات
figures-opening = فتح حساب
figures-proven = مثبتة
figures-share = نسبة المثبتة
figures-median = النصف خلال (بالثواني)
figures-low = للمسودات فقط
figures-no-match = لا تطابق
figures-has-account = له حساب من قبل
figures-left = لم يكتمل
figures-messages = رموز برسائل واتصالات
figures-price = سعر الرسالة:
figures-sent = عدد الرسائل
figures-cost = التكلفة

## mandates
mandates-title = التفويضات
mandates-explained = التفويض يتيح لشخص أن يعمل نيابة عن غيره. كلاهما يرى كل خطوة. وما أعطاه الشخص بنفسه، لكل منهما إنهاؤه في أي وقت.
mandates-received = من يمكنني العمل نيابة عنهم
mandates-received-none = لا تفويض لك من أحد.
mandates-given = من يعملون نيابة عني
mandates-given-none = لا أحد يعمل نيابة عنك.
mandate-kind = النوع
mandate-services = الخدمات
mandate-ceiling = لكل أمر دفع
mandate-days = المدة
mandate-number = رقم التفويض
mandate-principal = صاحب الشأن
mandate-agent = من يعمل نيابة عنه
mandate-nameless = شخص
kind-given = تفويض من صاحب الشأن
kind-parent = ولاية أحد الوالدين، من السجل المدني
kind-guardian = وصاية أو قوامة
kind-attorney = وكالة
kind-heir = حجة حصر إرث
mandate-waits = بانتظار القبول
mandate-comes = مقبول ولم يبدأ
mandate-holds = سارٍ
mandate-refused = لم يُقبل
mandate-revoked = سُحب
mandate-over = انتهت مدته
mandate-ended = انتهى
services-all = كل الخدمات
services-some = هذه الخدمات فقط
ceiling-none = دون حد
ceiling-of = حتى { $amount } شيكل
ceiling-label = أعلى مبلغ لكل أمر دفع، بالشيكل
ceiling-hint = مثل 100.00. يُترك فارغًا إن لم يكن هناك حد.
from-until = من { $from } حتى { $until }
valid-until = آخر يوم
mandate-number-ending = رقم هوية ينتهي بـ { $tail }
mandate-new-title = إعطاء تفويض
mandate-new-explained = الشخص الآخر يدخل حسابه ويقبل، وقبل ذلك لا يتغير شيء. ويظهر له اسمك.
mandate-agent-number = رقم هوية من سيعمل نيابة عنك
mandate-agent-hint = تسعة أرقام. لا يدل الجواب على وجود حساب لهذا الشخص.
mandate-years = المدة سنتان على الأكثر.
mandate-give = إعطاء التفويض
mandate-accept = قبول
mandate-refuse = اعتذار
mandate-leave = ترك هذا التفويض
mandate-take-back = سحب التفويض
mandate-low = يلزم دخول برمز أو بمفتاح مرور، من حساب جرى التحقق من صاحبه.
mandate-low-button = الدخول برمز
mandate-gone-title = لا يمكن استخدام هذا التفويض
mandate-gone = انتهت مدة التفويض أو سُحب، أو هو لشخص آخر.
mandate-unknown = لا تفويض من المكاتب بهذا الرقم.
unfit-oneself = التفويض يُعطى لشخص آخر.
unfit-many = لديك عشرون تفويضًا مفتوحًا. يلزم إنهاء أحدها أولًا.
unfit-days = المدة غير ممكنة: تبدأ اليوم أو بعده، ولا تطول عن المسموح. تُكتب الأيام مثل ⁦2027-06-30⁩.
unfit-ceiling = يُكتب المبلغ بالشيكل، مثل 100.00.
unfit-services = يلزم اختيار خدمة واحدة على الأقل، أو كل الخدمات.
unfit-document = يلزم ذكر الوثيقة، في 200 حرف على الأكثر.
unfit-agent = من سيعمل ليس له حساب جرى التحقق من صاحبه، ويلزم فتحه أولًا.
unfit-principal = لا أحد في السجل المدني بالرقم الأول.
unfit-alive = بحسب السجل المدني: الورثة يعملون عن المتوفى وحده، وغيرهم عن الأحياء وحدهم.
registry-silent = السجل المدني لا يجيب الآن. لم يتغير أي شيء.
acting-title = العمل نيابة عن شخص آخر
acting-explained = ما يجري عندئذ يُحسب لصاحب الشأن، وهو يراه مع اسمك.
acting-oneself = تعمل الآن باسمك.
acting-none = لا أحد يمكنك العمل نيابة عنه.
acting-begin = بدء العمل نيابة
children-title = الأبناء والبنات دون 18 سنة
children-explained = يُسأل السجل المدني عن أبنائك وبناتك. ويُسأل من جديد كل مرة تعمل فيها نيابة عن أحدهم.
children-ask = سؤال السجل المدني
no-children = لا يذكر السجل المدني لك أبناء دون 18 سنة.
consent-for-whom = عمّن تعمل
consent-for-oneself = باسمي
consent-for = نيابة عن { $name }
mandate-short = حكومتي: تغيّر شيء في تفويض. التفاصيل في حسابك.
mandate-notice = صفحة التفويضات تبين ما يشمله، ومنها يمكن إنهاؤه.
mandate-offered-title = عرض تفويض لك من { $name }.
mandate-accepted-title = قبول التفويض: { $name }.
mandate-refused-title = لم يُقبل تفويضك: { $name }.
mandate-revoked-title = سُحب تفويض: { $name }.
mandate-left-title = تُرك تفويض: { $name }.
mandate-expired-title = انتهت مدة تفويض: { $name }.
mandate-ended-title = أنهى موظف تفويضًا: { $name }.
mandate-parent-title = يمكن لأحد الوالدين العمل نيابة عنك حتى سن 18: { $name }.
mandate-approved-title = يمكن الآن العمل نيابة عنك بوثيقة عُرضت على موظف: { $name }.
mandate-entrusted-title = يمكنك الآن العمل نيابة عن { $name }.
proposal-mandate = تفويض: { $kind }
shown-mandates-title = تفويضات المكاتب
shown-mandates-explained = وصاية أو قوامة أو وكالة أو حجة حصر إرث، عُرض أصلها. ويوافق موظف ثانٍ.
counter-principal = رقم هوية صاحب الشأن
counter-agent = رقم هوية من يعمل نيابة عنه
counter-agent-hint = يلزم أن يكون له حساب جرى التحقق من صاحبه.
counter-document = الوثيقة
counter-document-hint = المحكمة أو كاتب العدل، والرقم والتاريخ.
counter-end = إنهاء تفويض
counter-end-explained = رقم التفويض يظهر لكل من الشخصين في صفحة التفويضات. وينتهي فورًا كل ما جرى الدخول به، ويُبلَّغ كلاهما.
mandate-given-title = أُعطي تفويض من حسابك أو عُرض.
unfit-recovered = استُعيد الحساب قبل وقت قصير. يمكن إعطاء تفويض بعد انتهاء مدة الانتظار.
mandate-taken-up-title = بدأ العمل نيابة عنك: { $name }.
# At a counter: an officer compares a person with the registry's photo
counter-title = إثبات هوية شخص حاضر
counter-explained = يُكتب هنا رقم الهوية من البطاقة. يعطي السجل المدني الاسم وتاريخ الميلاد والصورة. يُسجَّل هذا الاطلاع ويراه صاحبه.
counter-ask = عرض صورة السجل
counter-unknown = لا يعرف السجل المدني أحدًا بهذا الرقم. الرجاء مقارنته بالبطاقة مرة أخرى. إن كان مطابقًا، يراجع الشخص مكتب الأحوال المدنية ومعه البطاقة.
counter-silent = لا جواب من السجل المدني الآن، ولم يتغير شيء. يمكن تكرار المحاولة بعد دقائق، أو تدوين رقم هاتف الشخص للاتصال به حين تعود الخدمة.
counter-gone = انتهت هذه المطابقة، أو بدأت عند شباك آخر. يمكن البدء من جديد.
counter-locked = حساب هذا الرقم موقوف، ولم يتغير شيء. يراجع الشخص موظفي التحقق، ويفتح الحساب اثنان منهم.
no-counter = هذه الصفحة لموظفي المكاتب التي تستقبل الناس.
counter-photo = صورة هذا الشخص في السجل المدني
counter-photo-sample = رسم للعيّنة
counter-no-account = لا حساب بعد
counter-low = للمسودات فقط
counter-doubted = لم تنجح مطابقة سابقة لهذا الرقم في { $when }. تلزم مطابقة أدق هذه المرة.
counter-same = الشخص نفسه
counter-same-explained = يصير مستوى الحساب عاليًا، ويُفتح الحساب إن لم يوجد. حساب المسودات يفقد كلمة مروره، لأن من وضعها لم يثبت هويته.
counter-compared = رأيت البطاقة، وهي والوجه والصورة لشخص واحد.
counter-same-button = الشخص نفسه
counter-compare-first = تلزم مطابقة البطاقة والوجه والصورة أولًا، ثم تأكيد ذلك.
counter-no-photo = لا صورة لهذا الشخص في السجل، فلا شيء تجري المطابقة معه.
counter-not-alive = هذا الشخص متوفى بحسب السجل، فلا يمكن إثبات شيء هنا.
counter-different = ليس الشخص نفسه
counter-hand-on = إحالة الأمر
counter-doubt-explained = لا يتغير شيء في الحساب. ينظر موظف تحقق في الأمر، ويُبلَّغ صاحب الحساب.
counter-different-button = ليس الشخص نفسه
counter-hand-on-button = إحالة
counter-proven = هوية مثبتة في مكتب
counter-proven-explained = صار مستوى الحساب عاليًا. الخدمات التي تطلب هذا المستوى تطلب أيضًا الدخول بمفتاح مرور أو بشهادة مصادقة، وتضاف الطريقة في البيت.
counter-phone = رقم هاتف خاص بالشخص
phone = رقم الهاتف
phone-hint = يصل إليه رمز برسالة قصيرة، ويذكره الشخص للموظف ليُكتب هنا.
phone-wrong = هذا ليس رقم هاتف. مثال على رقم صحيح: 0599 123 456.
counter-without-code = المتابعة دون هذا الرقم
counter-print = بلا شريحة، أو كلمة مرور منسية
counter-print-explained = الرموز على الورق وحده، ولا تظهر على الشاشة. بها يضع الشخص كلمة مرور في بيته، ولا يراها موظف ولا يضعها.
counter-print-code = رمز فتح، توضع به كلمة مرور
counter-print-sheet = ورقة استعادة، تغني عن الهاتف
counter-print-button = تجهيز الطباعة
counter-next-person = الشخص التالي
print-nothing = الرجاء اختيار ما يُطبع.
print-title = الورقة جاهزة للطباعة
print-explained = تُطبع هذه الصفحة وتُسلَّم الورقة مطوية. الرموز على الورق وحده. إن تعطلت الطابعة، يُعاد تحميل الصفحة وتُطبع من جديد.
print-done = سُلِّمت الورقة
print-paper-title = حكومتي: رموز الحساب
print-code-title = رمز الفتح
print-code-use = يُفتح هذا العنوان، ويُكتب رقم الهوية والرمز، ثم توضع كلمة مرور:
print-code-once = الرمز صالح مرة واحدة خلال 21 يومًا. لا يطلبه أي موظف.
print-sheet-use = عند الدخول: يُختار «رمز من الورقة» بعد كلمة المرور. كل سطر صالح مرة واحدة.
counter-waiting = أُحيل الأمر
counter-waiting-explained = لم يتغير شيء. ينظر موظف تحقق في الأمر.
counter-say = ما يُقال للشخص
counter-say-different = لم تنجح المطابقة مع صورة السجل اليوم. قد تكون الصورة قديمة، ولا اتهام لأحد.
counter-say-no-photo = لا صورة بعد في السجل المدني. يلتقطها مكتب الأحوال المدنية، ثم يصبح الإثبات ممكنًا هنا.
counter-say-not-alive = يحتاج السجل المدني إلى تصحيح. يجريه مكتب الأحوال المدنية مع إبراز البطاقة وشهادة الميلاد.
counter-say-next = يصل القرار رسالةً إلى الحساب، أو يُسأل عنه في هذا المكتب بعد ثلاثة أيام عمل.
counter-say-meanwhile = كل الخدمات متاحة في الأثناء في مكاتبها، مع إبراز البطاقة.
compared-same-title = حكومتي: أثبت موظف في مكتب حسابك بالبطاقة والصورة.
compared-same-next = إن لم تكن الزيارة منك، يمكن إنهاء كل الجلسات من صفحة الحساب والأمان، ويمكن لأي مكتب إيقاف الحساب.
compared-doubt-title = حكومتي: أُبرز رقم هويتك في مكتب، ولم تنجح المطابقة مع السجل.
compared-doubt-next = لم يتغير شيء، وينظر موظفو التحقق في الأمر. إن لم تكن الزيارة منك، يمكن لأي مكتب إيقاف الحساب.
phone-changed-title = حكومتي: ثبّت مكتب رقم هاتف آخر للحساب.
phone-changed-next = لن تصل الرموز إلى الرقم السابق. إن فعل ذلك شخص آخر، يمكن لأي مكتب إيقاف الحساب.
code-printed-title = حكومتي: طبع مكتب رمزًا توضع به كلمة مرور للحساب.
code-printed-next = الرمز صالح مرة واحدة خلال 21 يومًا. إن لم تكن الزيارة منك، يلزم إيقاف الحساب في أقرب مكتب.
doubt-cleared-title = حكومتي: اتضح أمر المطابقة التي جرت في المكتب.
doubt-confirmed-title = حكومتي: يبدو أن شخصًا آخر أبرز رقم هويتك في مكتب.
doubt-decided-next = يثبت أي مكتب الحساب بعد رؤية البطاقة والوجه. وإن لم يكن شيء واضحًا، يساعد المكتب.
proofing-title = طلبات الإثبات المعلقة
proofing-explained = ما لم تنجح مطابقته في المكاتب، الأقدم أولًا. كل اطلاع يُسجَّل ويراه صاحبه.
proofing-none = لا شيء ينتظر.
proofing-decided = ما جرى البت فيه
doubts-waiting = { $count ->
    [zero] لا شيء ينتظر
    [one] طلب واحد ينتظر
    [two] طلبان ينتظران
    [few] { $count } طلبات تنتظر
    [many] { $count } طلبًا ينتظر
   *[other] { $count } طلب ينتظر
}
cause-different = الوجه لا يطابق الصورة
cause-no-photo = لا صورة في السجل
cause-not-alive = متوفى بحسب السجل
doubt-at = مكان المطابقة
doubt-by = موظف الشباك
doubt-decide = البت في الأمر
doubt-outcome = القرار
doubt-cleared = اتضح الأمر، ويمكن للشخص مراجعة مكتب من جديد
doubt-confirmed = الحاضر شخص آخر، بحسب ما يمكن معرفته
figures-counters = في المكاتب
figures-same = الشخص نفسه
figures-different = ليس الشخص نفسه
figures-no-photo = لا صورة
figures-unheard = غير معروف أو متوفى أو لا جواب
figures-decided = طلبات جرى البت فيها
figures-queued = النصف خلال (بالساعات)
# Trusted contacts
contacts-title = أشخاص موثوقون
contacts-explained = حتى ثلاثة أشخاص يشهدون لصاحب الحساب إن ضاعت كلمة المرور وكل ما سواها. تكفي شهادة اثنين بعد انتظار يوم.
contacts-again = لتسمية شخص أو حذفه أو للشهادة لأحد، يلزم تسجيل الدخول من جديد بكل ما هو متاح.
contacts-mine = من أثق بهم
contacts-none = لم يُسمَّ أحد بعد.
contacts-full = العدد ثلاثة، ويلزم حذف واحد أولًا.
contact-known = هذا رقم صاحب الحساب نفسه، أو سُمّي من قبل.
contact-unproven = يلزم لذلك حساب مثبت. يثبته أي مكتب بعد رؤية بطاقة الهوية.
contact-number = رقم هوية شخص موثوق
contact-hint = شخص صوته مألوف، ويُفضَّل أن يكون له هاتف خاص. يُسأل عن ذلك والقرار له.
contact-name = تسمية شخص
contact-asked = بانتظار موافقته
contact-accepted = موافق
contact-accept = موافقة
contact-refuse = رفض
contact-leave = التوقف عن الشهادة
somebody = شخص
invited-heading = دعوات واردة
invited-title = حكومتي: يُطلب منك أن تكون شخصًا موثوقًا، والطلب من { $name }.
invited-next = من يوافق يستطيع أن يشهد لهذا الشخص إن تعذر دخوله إلى حسابه. ولا يطلع على شيء فيه.
trusted-heading = من أشهد لهم
contact-named-title = حكومتي: سُمّي شخص موثوق للحساب.
contact-accepted-title = حكومتي: وافق شخص موثوق.
contact-refused-title = حكومتي: رفض شخص موثوق.
contact-removed-title = حكومتي: حُذف شخص موثوق من الحساب.
contact-left-title = حكومتي: توقف شخص موثوق عن الشهادة لك.
contact-next = القائمة في صفحة الأشخاص الموثوقين. إن فعل ذلك شخص آخر، يمكن إنهاء كل الجلسات من صفحة الحساب والأمان.
recover-contacts = من سمّى أشخاصًا موثوقين يستعيد حسابه بشهادة اثنين منهم.
vouching-title = الاستعادة بشهادة أشخاص موثوقين
vouching-explained = تلزم شهادة شخصين سُمّيا من قبل، ثم انتظار يوم. وتصل رسالة إلى كل هاتف وعنوان للحساب.
vouching-patient = إن كان لهذا الرقم حساب له أشخاص موثوقون، فقد وصلهم الطلب الآن.
vouching-code = الرمز القصير
vouching-speak = يلزم الاتصال بشخصين منهم على الأقل أو لقاؤهما، وذكر هذا الرمز. يُكتب الرمز في صفحة الأشخاص الموثوقين.
vouching-note = يُستحسن تدوين الرمز: يلزم مرة أخرى في النهاية، في هذا المتصفح، ولا يظهر عندئذ.
vouching-until = أمام الأشخاص الموثوقين مهلة حتى { $until }. ويمكن الرجوع إلى هذه الصفحة حتى ذلك الحين.
vouching-wait = شهد اثنان. يمكن وضع كلمة مرور جديدة من { $ready }، ما لم يوقف صاحب الحساب ذلك.
vouching-same-browser = يلزم الرجوع إلى هذه الصفحة في هذا المتصفح، ومعك الرمز المدوَّن.
vouching-ready = انتهت مدة الانتظار. يقود الرمز القصير إلى كلمة مرور جديدة.
vouching-code-hint = الأرقام الستة التي دُوّنت.
vouching-code-wrong = الرمز غير صحيح. بعد خمسة رموز خاطئة تنتهي هذه الاستعادة.
vouching-stop = لإيقاف ذلك: { $link }
vouching-asked-title = حكومتي: تُطلب منك شهادة لاستعادة حساب، والطلب من { $name }.
vouching-asked-next = يلزم الاتصال بهذا الشخص أو لقاؤه، ولا تكفي رسالة. يذكر رمزًا من ستة أرقام يُكتب في صفحة الأشخاص الموثوقين.
vouching-begun-title = حكومتي: طلب أحدهم دخول حسابك بشهادة أشخاص موثوقين.
vouching-begun-next = إن لم يكن الطلب منك، يمكن إيقافه من صفحة الأشخاص الموثوقين، أو بالرمز الذي في الرسالة.
vouching-waits-title = حكومتي: شهد اثنان. بعد يوم يمكن وضع كلمة مرور جديدة لحسابك.
vouching-waits-next = إن لم يكن الطلب منك، يلزم إيقافه الآن من صفحة الأشخاص الموثوقين، أو بالرمز الذي في الرسالة.
vouching-stopped-title = حكومتي: أُوقفت استعادة الحساب بشهادة أشخاص موثوقين.
vouching-stopped-next = لم يتغير شيء في الحساب.
vouch-refused-title = حكومتي: يقول شخص موثوق إن من يطلب استعادة الحساب شخص آخر.
into-title = طلب أحدهم دخول حسابك
into-asked = طُلبت الاستعادة بشهادة جهاتك الموثوقة في { $began }.
into-waits = شهد اثنان. يمكن وضع كلمة مرور جديدة من { $ready }.
into-cancel = إيقاف ذلك
asks-title = شهادة مطلوبة
asks-explained = يلزم الاتصال بهذا الشخص أو لقاؤه. لا يُكتب الرمز إلا إن كان الصوت صوته أو الوجه وجهه.
vouch-code = الرمز الذي يذكره الشخص
vouch = شهادة
vouch-decline = ليس هذا الشخص
vouch-wrong = الرمز غير صحيح. يمكن سماعه من الشخص مرة أخرى. بعد خمسة رموز خاطئة لا تُقبل الشهادة هذه المرة.
vouch-locked = خمسة رموز كانت خاطئة. لا تُقبل الشهادة هذه المرة.
cancel-title = إيقاف استعادة حساب
cancel-explained = من وصلته رسالة عن استعادة حسابه يوقفها هنا. ولا يتغير شيء آخر.
cancel-code = الرمز الذي في الرسالة
cancel-hint = ستة عشر حرفًا ورقمًا في آخر العنوان الذي في الرسالة.
cancel-wrong = لم يعد هذا الرمز يوقف شيئًا، أو في كتابته خطأ.
cancel-button = إيقاف الاستعادة
# A code by a call
code-by-call = طلب الرمز باتصال صوتي
call-hint = يصلح الاتصال للهاتف الأرضي، ولمن يتعذر عليه قراءة الرسائل. يُقرأ الرمز فيه مرتين.
code-called = يرنّ الآن الرقم الذي ينتهي بـ { $tail }. يُقرأ الرمز في الاتصال رقمًا رقمًا، مرتين.
calls-late = الاتصالات متعذرة الآن. تستمر المحاولة عشر دقائق.
call-code = هنا حكومتي. رمز الدخول هو: { $digits }. مرة أخرى: { $digits }. الرمز صالح عشر دقائق. لا يطلبه منك أي موظف.
figures-call-price = سعر الاتصال:
figures-called = عدد الاتصالات
# Networks
session-network = الشبكة
network-unknown = غير معروفة
network-local = شبكة محلية
network-sample = بيانات نموذجية
networks-explained = اسم الشبكة مأخوذ من جدول محفوظ هنا. لا يُحفظ عنوان الجهاز، ولا يُسأل عنه أحد.
to-device = ربط جهاز بلا متصفح
# Looks at clients
finding-back-channel-slow = العنوان الذي يُخبَر بانتهاء الجلسات يتأخر جوابه عن ثانيتين: { $address }

# دخول الموظف نفسه، وواجهة أُقفلت من تلقائها.
staff-title = طرق دخولي
staff-explained = يدخل الموظفون بمفتاح مرور، أو بكلمة مرور ورمز من تطبيق المصادقة. ولا يدخل أحد الواجهة برسالة قصيرة.
staff-app-scripts = إن كان المتصفح بلا برمجيات، فالدخول بكلمة المرور ورمز التطبيق وحدهما.
last-factor = هذه آخر طريقة دخول إلى جانب كلمة المرور. يمكن حذفها بعد إضافة طريقة أخرى.
staff-told-title = ما جرى في دخول هذا الحساب
staff-told = كل تغيير مذكور هنا، وتصل به رسالة إلى { $email }.
staff-told-here = كل تغيير مذكور هنا. ويمكن لمن يدير النظام حفظ بريد إلكتروني للتنبيه.
staff-signed-in = دخول
staff-failed = محاولة دخول
staff-passkey-added = إضافة مفتاح مرور
staff-passkey-removed = حذف مفتاح مرور
staff-app-added = إعداد تطبيق المصادقة
staff-app-removed = حذف تطبيق المصادقة
staff-added-title = حكومتي: أُضيفت طريقة دخول إلى واجهة الموظفين.
staff-removed-title = حكومتي: حُذفت طريقة دخول إلى واجهة الموظفين.
staff-changed-next = إن فعل ذلك شخص آخر، يرجى إبلاغ من يدير النظام فورًا، وحذف الطريقة الغريبة من صفحة «طرق دخولي».
staff-passkey-unknown = مفتاح المرور هذا لا يفتح الواجهة. يمكن الدخول باسم المستخدم وكلمة المرور والرمز.
staff-passkey-not-used = لم يُستعمل مفتاح مرور. يمكن الدخول باسم المستخدم وكلمة المرور والرمز.
staff-locked-title = الواجهة مقفلة
staff-locked = لم يحدث شيء هنا منذ عشر دقائق. يمكن فتح الواجهة من جديد لحساب { $name }، وما كُتب محفوظ ساعة.
staff-unlock = فتح القفل بمفتاح مرور
staff-other = دخول موظف آخر
# شهادات المصادقة الشخصية
cert-title = شهادات المصادقة الشخصية
cert-explained = شهادة مصادقة لمفتاح يبقى على بطاقتك أو جهازك. يُدخَل بها مع كلمة المرور، ولا ينتفع بها موقع مزيف.
cert-none = لا شهادة مصادقة لهذا الحساب.
cert-count = { $count ->
    [zero] لا شهادة سارية
    [one] شهادة سارية واحدة
    [two] شهادتان ساريتان
    [few] { $count } شهادات سارية
    [many] { $count } شهادة سارية
   *[other] { $count } شهادة سارية
}
cert-manage = إدارة الشهادات
cert-again = لطلب شهادة أو إلغائها يلزم تسجيل الدخول من جديد بكل ما هو متاح، ثم يتاح ذلك عشر دقائق.
cert-live = سارية
cert-expired = منتهية
cert-revoked = ملغاة
cert-made = تاريخ الإصدار
cert-until = سارية حتى
cert-revoked-at = تاريخ الإلغاء
cert-never-used = لم تُستعمل بعد
cert-download = تنزيل الشهادة
cert-revoke = إلغاء الشهادة
cert-revoke-note = الشهادة الملغاة لا تعود سارية أبدًا.
cert-unseen = تُصدر الشهادة لمن تحقق مكتب من هويته حضوريًا. بعد تلك الزيارة يمكن طلبها من هنا.
cert-offices = المكاتب
cert-most = للحساب ثلاث شهادات سارية، وهو الحد الأعلى. إلغاء إحداها يفسح مكانًا لأخرى.
cert-request-title = طلب شهادة
cert-request-how = يُنشأ المفتاح على جهازك ويبقى عليه. لا يصل إلى هنا إلا الطلب.
cert-command-request = باستعمال ⁨OpenSSL⁩ مثلًا، يُنشئ هذا الأمر المفتاح والطلب:
cert-command-join = بعد التنزيل، يجمعهما هذا الأمر في ملف واحد للمتصفح:
cert-request = طلب الشهادة (⁨PKCS#10⁩ بصيغة ⁨PEM⁩)
cert-request-hint = النص من ⁨BEGIN CERTIFICATE REQUEST⁩ إلى ⁨END CERTIFICATE REQUEST⁩. المفاتيح المقبولة: ⁨P-256⁩ و⁨Ed25519⁩ و⁨RSA⁩ من 3072 إلى 4096 بتًا. لا تؤخذ الأسماء التي في الطلب.
cert-file = أو ملف فيه الطلب
cert-ask = إصدار الشهادة
cert-not-one = هذا ليس طلب شهادة. يلزم طلب واحد كامل، من سطر ⁨BEGIN⁩ إلى سطر ⁨END⁩.
cert-private-key = في هذا النص مفتاح خاص لا يجوز أن يراه غيرك. لم يُحفظ هنا، ويلزم إنشاء مفتاح جديد.
cert-malformed = الطلب تالف أو مبتور. يلزم إنشاؤه من جديد.
cert-signature = توقيع الطلب لا يطابق مفتاحه. يلزم توقيع الطلب بالمفتاح نفسه.
cert-kind = نوع المفتاح أو التوقيع غير مقبول. المقبول ⁨P-256⁩ و⁨Ed25519⁩ و⁨RSA⁩ مع ⁨SHA-256⁩ أو أقوى.
cert-length = هذا المفتاح غير مقبول: طول مفتاح ⁨RSA⁩ من 3072 إلى 4096 بتًا.
cert-key-known = سبق أن صدرت شهادة لهذا المفتاح. لكل شهادة مفتاح جديد.
cert-sign-in = الدخول بشهادة مصادقة
cert-instead = إبراز شهادة مصادقة بدلًا من الرمز
cert-shown-title = قُبلت شهادة المصادقة
cert-shown = أُبرزت الشهادة { $name }. بقيت كلمة المرور.
cert-other-way = الدخول بطريقة أخرى
cert-due-title = إبراز شهادة المصادقة
cert-due = كلمة المرور صحيحة. يبقى أن يُبرز المتصفح شهادة المصادقة.
cert-due-button = إبراز الشهادة
cert-not-shown = لم يُبرز المتصفح شهادة. إن كانت مثبتة فيه، يمكن إغلاقه ثم المحاولة من جديد. وتبقى طرق الدخول الأخرى.
cert-refused = هذه الشهادة لا تُدخل أحدًا الآن: هي غير معروفة هنا، أو منتهية، أو ملغاة، أو مضت دقيقة على إبرازها. يمكن المحاولة من جديد، أو الدخول بطريقة أخرى.
cert-password-wrong = كلمة المرور غير صحيحة.
factor-certificate = شهادة مصادقة
