# Officers' page of certificates
desk = واجهة الموظفين
certificates-title = شهادات المصادقة
certificates-hint = أحدث 200 شهادة أصدرتها الهيئة. الشهادة الملغاة لا تعود صالحة أبدًا.
revoked = أُلغيت في
reason = سبب الإلغاء
reason-key = احتمال انكشاف المفتاح
reason-superseded = حلّت محلها شهادة أخرى
reason-ceased = انتفت الحاجة إليها
reason-withdrawn = سُحب الحق فيها
revoke = إلغاء الشهادة
profile-tls-peer = اتصال بين خوادم الأمان
profile-message-signing = توقيع الرسائل
profile-tls-client = اتصال برنامج خارجي
profile-tls-server = خادم ويب
profile-document-seal = ختم الوثائق
