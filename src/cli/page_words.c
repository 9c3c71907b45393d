/* The words of pages that people print. */
#include <string.h>

#include "cli/page_text.h"

static const char *const texts[PAGE_TEXTS][PAGE_LANGUAGES] = {
    [TEXT_TITLE] = {"Settlement statement", "Акт сверки взаимных расчётов",
                    "Өзара есеп айырысуларды салыстыру актісі"},
    [TEXT_COALITION] = {"Coalition", "Коалиция", "Коалиция"},
    [TEXT_PERIOD] = {"Period", "Период", "Кезең"},
    [TEXT_CHARTER_EPOCH] = {"Charter, epoch", "Редакция устава", "Жарғының редакциясы"},
    [TEXT_CURRENCY] = {"Currency", "Валюта", "Валюта"},
    [TEXT_POINTS_NAME] = {"Points are called", "Название баллов", "Ұпайлардың атауы"},
    [TEXT_NOT_AGREED] = {"Not agreed: the statement is not signed by both partners yet.",
                         "Не согласован: акт ещё не подписан обоими партнёрами.",
                         "Келісілмеген: актіге екі серіктес те әлі қол қойған жоқ."},
    [TEXT_BROKEN] = {"This statement does not verify.", "Этот акт не прошёл проверку.",
                     "Бұл акт тексеруден өтпеді."},
    [TEXT_SENDER] = {"Entries sent by", "Отправитель записей", "Жазбаларды жіберуші"},
    [TEXT_RECEIVER] = {"Received by", "Получатель записей", "Жазбаларды алушы"},
    [TEXT_ENTRIES] = {"Entries, numbers", "Записи, номера", "Жазбалар, нөмірлері"},
    [TEXT_REFUSED] = {"Of these refused and reversed", "Из них отклонено и сторнировано",
                      "Оның ішінде қабылданбай, қайтарылғаны"},
    [TEXT_LAST_HASH] = {"Hash of the last entry", "Хеш последней записи", "Соңғы жазбаның хеші"},
    [TEXT_ROOT] = {"Root of the entries’ hash tree", "Корень хеш-дерева записей",
                   "Жазбалар хеш-ағашының түбірі"},
    [TEXT_KIND] = {"Kind", "Вид операции", "Операция түрі"},
    [TEXT_TARIFF] = {"Tariff", "Тариф", "Тариф"},
    [TEXT_COUNT] = {"Entries", "Записей", "Жазбалар саны"},
    [TEXT_POINTS] = {"Points", "Баллы", "Ұпайлар"},
    [TEXT_PRICE] = {"Price", "Цена", "Бағасы"},
    [TEXT_PRICE_FOR] = {"{1} for {2}", "{1} за {2}", "{2} үшін {1}"},
    [TEXT_SENDER_OWES] = {"Owed by the sender", "Долг отправителя", "Жіберушінің борышы"},
    [TEXT_FEE] = {"Fee", "Комиссия", "Комиссия"},
    [TEXT_SUM] = {"Total", "Итого", "Жиыны"},
    [TEXT_CHARGES] = {"Fees and taxes", "Комиссии и налоги", "Комиссиялар мен салықтар"},
    [TEXT_TAX_CODE] = {"Tax code", "Код налога", "Салық коды"},
    [TEXT_NO_TAX] = {"none", "нет", "жоқ"},
    [TEXT_RATE] = {"Rate", "Ставка", "Мөлшерлеме"},
    [TEXT_CHARGED_BY] = {"Charged by", "Кем начислено", "Кім есептеген"},
    [TEXT_TAXED] = {"Taxable amount", "Налоговая база", "Салық базасы"},
    [TEXT_TAX] = {"Tax", "Налог", "Салық"},
    [TEXT_DEBTOR] = {"Debtor", "Должник", "Борышкер"},
    [TEXT_CREDITOR] = {"Creditor", "Кредитор", "Кредитор"},
    [TEXT_AMOUNT] = {"Amount", "Сумма", "Сомасы"},
    [TEXT_RESULT] = {"Result", "Итог", "Қорытынды"},
    [TEXT_TO_PAY] = {"To pay", "К оплате", "Төленетін сома"},
    [TEXT_NOBODY_PAYS] = {"Nobody pays: the two sides’ debts are equal.",
                          "Платёж не требуется: долги сторон равны.",
                          "Төлем қажет емес: тараптардың борыштары тең."},
    [TEXT_ROUNDING] = {"Each line is priced as a whole; each amount is rounded once, half to even.",
                       "Каждая строка оценивается целиком; каждая сумма округляется один раз, "
                       "половина — до чётного.",
                       "Әр жол тұтастай бағаланады; әр сома бір рет дөңгелектеледі, жартысы — "
                       "жұпқа дейін."},
    [TEXT_ROUNDED] = {"Rounded by", "Округлено на", "Дөңгелектеу айырмасы"},
    [TEXT_DISPUTED] = {"In dispute: not in the amounts above until it is decided",
                       "Оспаривается: не входит в суммы выше до решения",
                       "Дауда: шешім шыққанша жоғарыдағы сомаларға кірмейді"},
    [TEXT_WAITING_POINTS] = {"Points that wait", "Баллы в ожидании", "Күтудегі ұпайлар"},
    [TEXT_DISPUTES] = {"Disputes", "Споров", "Даулар саны"},
    [TEXT_FIGURES] = {"Figures", "Суммы", "Сомалар"},
    [TEXT_FIGURES_FOLLOW] = {"follow from the totals and the charter’s prices",
                             "следуют из количеств и цен устава",
                             "көлемдер мен жарғы бағаларынан шығады"},
    [TEXT_FIGURES_UNCHECKED] = {"not checked: the charter of that epoch is not at hand",
                                "не проверены: нет устава этой редакции",
                                "тексерілмеген: жарғының бұл редакциясы жоқ"},
    [TEXT_FIGURES_WRONG] = {"WRONG: they do not follow from the charter’s prices",
                            "НЕВЕРНЫ: не следуют из цен устава",
                            "ҚАТЕ: жарғы бағаларынан шықпайды"},
    [TEXT_SIGNATURES] = {"Signatures", "Подписи", "Қолтаңбалар"},
    [TEXT_SIGNED_WHAT] = {"What is signed", "Что подписано", "Не қол қойылған"},
    [TEXT_SIGNER] = {"Signer", "Подписал", "Қол қойған"},
    [TEXT_KEY] = {"Key", "Ключ", "Кілт"},
    [TEXT_STATE] = {"Signature", "Подпись", "Қолтаңба"},
    [TEXT_SIGNED] = {"The statement", "Акт", "Акт"},
    [TEXT_COUNTERSIGNED] = {"The same, countersigned", "Тот же акт, встречная подпись",
                            "Сол акт, қарсы қолтаңба"},
    [TEXT_PARTNERS_OWN] = {"The partner’s own statement", "Собственный акт партнёра",
                           "Серіктестің өз актісі"},
    [TEXT_VALID] = {"valid", "действительна", "жарамды"},
    [TEXT_INVALID] = {"INVALID", "НЕДЕЙСТВИТЕЛЬНА", "ЖАРАМСЫЗ"},
    [TEXT_ABSENT] = {"not there", "отсутствует", "жоқ"},
    [TEXT_BY_HAND] = {"Signature, name, date", "Подпись, Ф. И. О., дата", "Қолы, аты-жөні, күні"},
    [TEXT_FOOT] = {"Made from the electronic statement and its signatures, which can be proven "
                   "with “talea statement verify”.",
                   "Составлено по электронному акту и его подписям; их можно проверить командой "
                   "«talea statement verify».",
                   "Электрондық акт пен оның қолтаңбалары бойынша жасалған; оларды «talea "
                   "statement verify» командасымен тексеруге болады."},
    [TEXT_INVOICE] = {"Settlement invoice", "Счёт по взаимным расчётам", "Өзара есеп айырысу шоты"},
    [TEXT_REFERENCE] = {"Payment reference", "Назначение (референс) платежа", "Төлем референсі"},
    [TEXT_OWED_BY] = {"Payable by", "Плательщик", "Төлеуші"},
    [TEXT_OWED_TO] = {"Payable to", "Получатель", "Алушы"},
    [TEXT_ACCOUNT_HOLDER] = {"Account holder", "Владелец счёта", "Шот иесі"},
    [TEXT_INVOICE_LINE] = {"Item", "Наименование", "Атауы"},
    [TEXT_ENTRIES_OF] = {"{1} to {2}", "{1} → {2}", "{1} → {2}"},
    [TEXT_FEE_LINE] = {"Fee", "Комиссия", "Комиссия"},
    [TEXT_TAX_LINE] = {"Tax {1}, {2}", "Налог {1}, {2}", "{1} салығы, {2}"},
    [TEXT_TAX_BASE] = {"on {1}", "с суммы {1}", "{1} сомасынан"},
    [TEXT_SUBTOTAL] = {"Subtotal", "Подытог", "Аралық жиын"},
    [TEXT_POINTS_MONEY] = {"Points", "Баллы", "Ұпайлар"},
    [TEXT_FEES] = {"Fees", "Комиссии", "Комиссиялар"},
    [TEXT_TAXES] = {"Taxes", "Налоги", "Салықтар"},
    [TEXT_NETTED] = {"This pair alone. It is paid as part of the net of all pairs, whose payments "
                     "have references of their own.",
                     "Только эта пара. Оплачивается в составе общего взаимозачёта всех пар, у "
                     "платежей которого свои референсы.",
                     "Тек осы жұп. Барлық жұптардың ортақ өзара есебінің құрамында төленеді, оның "
                     "төлемдерінің өз референстері бар."},
    [TEXT_INVOICE_FOOT] = {"Made from the statement that both partners signed, at the prices of "
                           "the charter. A minus is a credit: it lowers what is to pay.",
                           "Составлено по акту, подписанному обоими партнёрами, по ценам устава. "
                           "Минус — это зачёт: он уменьшает сумму к оплате.",
                           "Екі серіктес қол қойған акт бойынша, жарғы бағаларымен жасалған. "
                           "Минус — есепке жатқызу: ол төленетін соманы азайтады."},
    [TEXT_DISPUTE] = {"Dispute about an entry", "Спор о записи", "Жазба бойынша дау"},
    [TEXT_DISPUTE_ID] = {"Dispute, number", "Номер спора", "Даудың нөмірі"},
    [TEXT_DISPUTE_STATE] = {"State", "Состояние", "Күйі"},
    [TEXT_DEADLINE] = {"Deadline", "Срок", "Мерзімі"},
    [TEXT_DEADLINE_SILENCE] = {"{1} UTC; the silence of {2} gives in then",
                               "{1} UTC; молчание ({2}) означает уступку",
                               "{1} UTC; үндемеу ({2}) жол беру болып саналады"},
    [TEXT_DISPUTED_ENTRY] = {"The disputed entry", "Оспариваемая запись", "Даулы жазба"},
    [TEXT_NUMBER] = {"Number", "Номер", "Нөмірі"},
    [TEXT_CARD] = {"Card", "Карта", "Карта"},
    [TEXT_BUSINESS_TIME] = {"Business time (UTC)", "Время операции (UTC)", "Операция уақыты (UTC)"},
    [TEXT_TRANSACTION] = {"Transaction", "Номер операции", "Операция нөмірі"},
    [TEXT_ENTRY_HASH] = {"Hash of the entry", "Хеш записи", "Жазбаның хеші"},
    [TEXT_RECEIVERS_ANSWER] = {"The receiver’s answer", "Ответ получателя", "Алушының жауабы"},
    [TEXT_TAKEN] = {"taken", "принята", "қабылданды"},
    [TEXT_REFUSED_FOR] = {"refused: {1}", "отклонена: {1}", "қабылданбады: {1}"},
    [TEXT_UNDER_WAY] = {"under way", "в пути", "жолда"},
    [TEXT_CLAIM] = {"The claim", "Требование", "Талап"},
    [TEXT_OPENED_BY] = {"Opened by", "Кем открыт", "Кім ашты"},
    [TEXT_OPENED_AT] = {"Opened (UTC)", "Открыт (UTC)", "Ашылған уақыты (UTC)"},
    [TEXT_REASON] = {"Reason", "Причина", "Себебі"},
    [TEXT_CLAIMED_POINTS] = {"Points in dispute", "Оспариваемые баллы", "Даулы ұпайлар"},
    [TEXT_IN_STATEMENT] = {"In the period’s statement", "В акте за период", "Кезең актісінде"},
    [TEXT_LEFT_OUT] = {"left out until it is decided", "не учтены до решения",
                       "шешім шыққанша есепке алынбаған"},
    [TEXT_COUNTED] = {"counted", "учтены", "есепке алынған"},
    [TEXT_NOTE] = {"Note", "Примечание", "Ескертпе"},
    [TEXT_COURSE] = {"Course of the dispute", "Ход спора", "Даудың барысы"},
    [TEXT_TIME] = {"Time (UTC)", "Время (UTC)", "Уақыты (UTC)"},
    [TEXT_WHO] = {"Who", "Кто", "Кім"},
    [TEXT_STEP] = {"Step", "Шаг", "Қадам"},
    [TEXT_ENTRY] = {"Entry", "Запись", "Жазба"},
    [TEXT_RECEIPT] = {"Receipt", "Квитанция", "Түбіртек"},
    [TEXT_NO_LINES] = {"Its steps were not kept.", "Его шаги не сохранены.",
                       "Оның қадамдары сақталмаған."},
    [TEXT_TERMS] = {"Time that the charter gives", "Сроки по уставу", "Жарғы беретін мерзімдер"},
    [TEXT_TO_ANSWER] = {"to answer", "на ответ", "жауап беруге"},
    [TEXT_TO_ESCALATE] = {"to take a rejection further", "на передачу спора выше после отказа",
                          "бас тартудан кейін дауды жоғары беруге"},
    [TEXT_DAYS] = {"{1} days", "{1} дн.", "{1} күн"},
    [TEXT_HOURS] = {"{1} h", "{1} ч", "{1} сағ"},
    [TEXT_SECONDS] = {"{1} s", "{1} с", "{1} с"},
    [TEXT_RULING] = {"Ruling", "Решение", "Шешім"},
    [TEXT_UPHELD] = {"The claim is right.", "Требование удовлетворено.",
                     "Талап қанағаттандырылды."},
    [TEXT_DISMISSED] = {"The claim is dismissed.", "В требовании отказано.", "Талап қабылданбады."},
    [TEXT_UNDECIDED] = {"It is not decided yet.", "Решения ещё нет.", "Шешім әлі шыққан жоқ."},
    [TEXT_GROUND] = {"Why", "Основание", "Негізі"},
    [TEXT_BY_MACHINE] = {"what was signed decides: by the nodes, without people",
                         "по подписанному, автоматически",
                         "қол қойылған құжаттар бойынша, автоматты түрде"},
    [TEXT_BY_SILENCE] = {"a side was silent past its deadline",
                         "сторона промолчала до истечения срока", "тарап мерзімі өткенше үндемеді"},
    [TEXT_BY_ACCEPTANCE] = {"the other side accepted it", "другая сторона признала его",
                            "екінші тарап оны мойындады"},
    [TEXT_BY_CONCESSION] = {"the opener left it at the rejection",
                            "открывший спор согласился с отказом",
                            "дауды ашқан тарап бас тартуға келісті"},
    [TEXT_BY_OFFICES] = {"both offices ruled the same", "обе стороны решили одинаково",
                         "екі тарап бірдей шешім шығарды"},
    [TEXT_RULED_BY] = {"{1} ruled", "Решение: {1}", "{1} шешімі"},
    [TEXT_CORRECTION] = {"Correction", "Корректировка", "Түзету"},
    [TEXT_CORRECTED_IN] = {"{1}, in the period {2}", "{1}, период: {2}", "{1}, кезең: {2}"},
    [TEXT_NO_CORRECTION] = {"none is needed", "не требуется", "қажет емес"},
    [TEXT_CORRECTION_FOLLOWS] = {"it follows", "последует", "кейін жасалады"},
    [TEXT_EVIDENCE] = {"Evidence of both sides", "Доказательства обеих сторон",
                       "Екі тараптың дәлелдері"},
    [TEXT_NO_EVIDENCE] = {"What was signed of the entry is not at hand.",
                          "Подписанного об этой записи нет.",
                          "Бұл жазба туралы қол қойылғандар жоқ."},
    [TEXT_EVIDENCE_BROKEN] = {"The evidence does not verify.", "Доказательства не прошли проверку.",
                              "Дәлелдер тексеруден өтпеді."},
    [TEXT_ENTRY_SIGNED] = {"The entry, in a batch of its sender", "Запись, в пакете отправителя",
                           "Жазба, жіберушінің топтамасында"},
    [TEXT_RECEIPT_SIGNED] = {"The receipt for it", "Квитанция о ней", "Ол туралы түбіртек"},
    [TEXT_BATCH_NUMBERS] = {"Batch, numbers", "Пакет, номера", "Топтама, нөмірлері"},
    [TEXT_PROMISE] = {"Promise of the card’s home", "Разрешение домашнего партнёра карты",
                      "Картаның үй серіктесінің рұқсаты"},
    [TEXT_GRANT] = {"a hold of {1}, to be captured by {2} UTC", "резерв {1}, списать до {2} UTC",
                    "{1} резерві, {2} UTC дейін жұмсау"},
    [TEXT_MANDATE] = {"a mandate: {1} for one burn, until {2} UTC",
                      "мандат: {1} на одно списание, до {2} UTC",
                      "мандат: бір жұмсауға {1}, {2} UTC дейін"},
    [TEXT_NO_PROMISE] = {"none is among the evidence", "среди доказательств нет",
                         "дәлелдер арасында жоқ"},
    [TEXT_COVERED] = {"It covers the entry", "Покрывает запись", "Жазбаны қамтиды"},
    [TEXT_IS_COVERED] = {"yes, in amount and time", "да, по сумме и сроку",
                         "иә, сомасы мен мерзімі бойынша"},
    [TEXT_NOT_COVERED] = {"NO: beyond its amount, time or card",
                          "НЕТ: вне его суммы, срока или карты",
                          "ЖОҚ: сомасынан, мерзімінен не картасынан тыс"},
    [TEXT_DISPUTE_FOOT] = {"Made from a node’s ledger and from what both sides signed, which can "
                           "be proven with “talea audit dispute”.",
                           "Составлено по данным узла и по подписанному обеими сторонами; "
                           "проверяется командой «talea audit dispute».",
                           "Тораптың деректері мен екі тарап қол қойғандар бойынша жасалған; "
                           "«talea audit dispute» командасымен тексеріледі."},
};

static const struct {
    const char *name; /* entry_kind_name */
    const char *texts[PAGE_LANGUAGES];
} kinds[] = {
    {"earn", {"Points earned", "Начисление баллов", "Ұпайларды есептеу"}},
    {"capture", {"Points redeemed", "Списание баллов", "Ұпайларды жұмсау"}},
    {"void", {"Reservation released", "Снятие резерва", "Резервті босату"}},
    {"earn-return", {"Purchase returned", "Возврат покупки", "Сатып алуды қайтару"}},
    {"burn-return",
     {"Redemption returned", "Возврат списанных баллов", "Жұмсалған ұпайларды қайтару"}},
    {"adjustment", {"Correction", "Корректировка", "Түзету"}},
    {"burn-adjustment",
     {"Correction of a redemption", "Корректировка списания", "Жұмсауды түзету"}},
    {"funding",
     {"Your points redeemed", "Погашение выданных вами баллов", "Сіз берген ұпайлар жұмсалды"}},
    {"funding-return",
     {"Paid back for your points", "Возврат платы за ваши баллы",
      "Ұпайларыңыз үшін төлем қайтарылды"}},
    {"promotion", {"Share of a promotion", "Доля в акции", "Акциядағы үлес"}},
    {"block-bought",
     {"Block of points bought", "Покупка пакета баллов", "Ұпайлар топтамасын сатып алу"}},
    {"block-ended",
     {"Left of a block of points", "Остаток пакета баллов", "Ұпайлар топтамасының қалдығы"}},
    {"block-draw", {"Points out of a block", "Баллы из пакета", "Топтамадан берілген ұпайлар"}},
    {"block-draw-return",
     {"Purchase returned to a block", "Возврат в пакет баллов", "Топтамаға қайтарылған ұпайлар"}},
    {"period-mark", {"End of the period", "Закрытие периода", "Кезеңнің жабылуы"}},
    {"card-block", {"Card blocked", "Блокировка карты", "Картаны бұғаттау"}},
    {"card-unblock", {"Card unblocked", "Разблокировка карты", "Картаны бұғаттан шығару"}},
    {"card-moved",
     {"Card moved to another brand", "Переход карты к другому партнёру",
      "Картаның басқа серіктеске ауысуы"}},
    {"moved-lot",
     {"Points moved with a member", "Перенос баллов участника", "Қатысушының ұпайларын көшіру"}},
    {"dispute-opened", {"Dispute opened", "Открытие спора", "Даудың ашылуы"}},
    {"dispute-answered", {"Dispute answered", "Ответ по спору", "Дау бойынша жауап"}},
    {"dispute-escalated", {"Dispute escalated", "Передача спора выше", "Дауды жоғары жіберу"}},
    {"dispute-ruled", {"Dispute ruled", "Решение по спору", "Дау бойынша шешім"}},
};

const char *page_text(enum page_language language, enum page_text text)
{
    return texts[text][language];
}

static const char *words_of(enum page_language language, const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return kinds[i].texts[language];
        }
    }
    return name;
}

const char *page_entry_kind(enum page_language language, enum entry_kind kind)
{
    return words_of(language, entry_kind_name(kind));
}

const char *page_line_kind(enum page_language language, enum entry_kind kind, bool is_prepaid)
{
    bool is_drawn = is_prepaid && kind == ENTRY_EARN;
    bool is_back = is_prepaid && kind == ENTRY_EARN_RETURN;
    return words_of(language, is_drawn  ? "block-draw"
                              : is_back ? "block-draw-return"
                                        : entry_kind_name(kind));
}
