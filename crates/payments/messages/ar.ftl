bill-title = أمر الدفع
back-to-case = رجوع إلى المعاملة
back-to-bill = رجوع إلى أمر الدفع
fee = الرسم
decision = القرار
amount = المبلغ
total = المجموع
shekel = شيكل
waived = معفى
pay-cash = الدفع نقدًا
pay-cash-how = يكفي ذكر هذا الرقم في أي نقطة دفع. يصل الدفع إلى المعاملة خلال ثوانٍ.
payable-until = صالح للدفع حتى
pay-card = الدفع بالبطاقة
pay-card-how = تُكتب بيانات البطاقة في صفحة البنك وحدها، ولا تصل إلى هذه البوابة.
pay-card-button = متابعة إلى صفحة البنك
bill-settled = سُدِّد أمر الدفع.
bill-cancelled = أُلغي أمر الدفع، ولا مبلغ مستحق.
show-receipt = عرض إيصال الدفع
receipt-title = إيصال دفع
receipt-number = رقم الإيصال
paid-at = وقت الدفع
rail = وسيلة الدفع
rail-name = { $rail ->
    [cash] نقدًا في نقطة دفع
    [card] بطاقة
    [waiver] إعفاء كامل
   *[other] وسيلة أخرى
}
bill-code = رقم أمر الدفع
attempt-title = الدفعة قيد التحقق
being-verified = قيد التحقق
attempt-explained = ننتظر جواب البنك. يمكن إغلاق هذه الصفحة، فالنتيجة تظهر في المعاملة وفي صندوق الرسائل.
look-again = تحديث
attempt-failed = لم تُقبل الدفعة
attempt-failed-next = لم يُسحب أي مبلغ. يمكن إعادة المحاولة ببطاقة أخرى، أو الدفع نقدًا.
