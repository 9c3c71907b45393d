#include "cli/page_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const language_codes[PAGE_LANGUAGES] = {"en", "ru", "kk"};

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

/* As they stand behind a day: in Russian in the genitive. */
static const char *const months[12][PAGE_LANGUAGES] = {
    {"January", "января", "қаңтар"},
    {"February", "февраля", "ақпан"},
    {"March", "марта", "наурыз"},
    {"April", "апреля", "сәуір"},
    {"May", "мая", "мамыр"},
    {"June", "июня", "маусым"},
    {"July", "июля", "шілде"},
    {"August", "августа", "тамыз"},
    {"September", "сентября", "қыркүйек"},
    {"October", "октября", "қазан"},
    {"November", "ноября", "қараша"},
    {"December", "декабря", "желтоқсан"},
};

#define NO_BREAK_SPACE "\u00a0"
#define TRUE_MINUS     "\u2212"

enum err page_language_parse(const char *code, enum page_language *out_language)
{
    for (unsigned i = 0; i < PAGE_LANGUAGES; i++) {
        if (strcmp(language_codes[i], code) == 0) {
            *out_language = (enum page_language)i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

const char *page_language_code(enum page_language language)
{
    return language_codes[language];
}

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

static void append(char out_text[PAGE_NUMBER_MAX], const char *text, size_t length)
{
    size_t used = strlen(out_text);
    ASSERT(used + length < PAGE_NUMBER_MAX);
    memcpy(out_text + used, text, length);
    out_text[used + length] = '\0';
}

static void append_text(char out_text[PAGE_NUMBER_MAX], const char *text)
{
    append(out_text, text, strlen(text));
}

/* "-1234.50" as the language writes it. */
static const char *localise(enum page_language language, const char *plain,
                            char out_text[PAGE_NUMBER_MAX])
{
    const char *group = language == PAGE_EN ? "," : NO_BREAK_SPACE;
    out_text[0] = '\0';
    if (*plain == '-') {
        append_text(out_text, TRUE_MINUS);
        plain++;
    }
    size_t whole = strcspn(plain, ".");
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0) {
            append_text(out_text, group);
        }
        append(out_text, &plain[i], 1);
    }
    if (plain[whole] == '.') {
        append_text(out_text, language == PAGE_EN ? "." : ",");
        append_text(out_text, plain + whole + 1);
    }
    return out_text;
}

const char *page_amount(enum page_language language, int64_t minor, unsigned decimals,
                        char out_text[PAGE_NUMBER_MAX])
{
    char plain[AMOUNT_TEXT_MAX];
    return localise(language, amount_format(minor, decimals, plain), out_text);
}

const char *page_count(enum page_language language, uint64_t count, char out_text[PAGE_NUMBER_MAX])
{
    char plain[AMOUNT_TEXT_MAX];
    snprintf(plain, sizeof plain, "%" PRIu64, count);
    return localise(language, plain, out_text);
}

const char *page_percent(enum page_language language, uint32_t ppm, char out_text[PAGE_NUMBER_MAX])
{
    char plain[AMOUNT_TEXT_MAX];
    amount_format(ppm, 4, plain);
    size_t length = strlen(plain);
    while (plain[length - 1] == '0') {
        plain[--length] = '\0';
    }
    if (plain[length - 1] == '.') {
        plain[length - 1] = '\0';
    }
    localise(language, plain, out_text);
    append_text(out_text, language == PAGE_EN ? "%" : NO_BREAK_SPACE "%");
    return out_text;
}

/* "1–30" of a month of a year; "1" where both are one. */
static void append_days(enum page_language language, int first, const struct civil *last,
                        char out_text[PAGE_NUMBER_MAX])
{
    char text[PAGE_NUMBER_MAX];
    char days[32];
    const char *name = months[last->month - 1][language];
    snprintf(days, sizeof days, first == last->day ? "%d" : "%d–%d", first, last->day);
    switch (language) {
    case PAGE_RU:
        snprintf(text, sizeof text, "%s %s %d" NO_BREAK_SPACE "г.", days, name, last->year);
        break;
    case PAGE_KK:
        snprintf(text, sizeof text, "%d жылғы %s %s", last->year, days, name);
        break;
    case PAGE_EN:
    case PAGE_LANGUAGES:
        snprintf(text, sizeof text, "%s %s %d", days, name, last->year);
        break;
    }
    append_text(out_text, text);
}

const char *page_period(enum page_language language, struct period period,
                        char out_text[PAGE_NUMBER_MAX])
{
    struct civil first = civil_of_day(period_first_day(period));
    struct civil last = civil_of_day(period_last_day(period));
    bool is_in_month = first.month == last.month && first.year == last.year;
    out_text[0] = '\0';
    if (!is_in_month) {
        append_days(language, first.day, &first, out_text);
        append_text(out_text, " – ");
    }
    append_days(language, is_in_month ? first.day : last.day, &last, out_text);
    return out_text;
}

void page_fill(const char *template, const char *first, const char *second, char *out,
               size_t capacity)
{
    size_t used = 0;
    for (const char *at = template; *at != '\0' && used + 1 < capacity;) {
        bool is_first = strncmp(at, "{1}", 3) == 0;
        bool is_mark = is_first || strncmp(at, "{2}", 3) == 0;
        const char *text = is_first ? first : is_mark ? second : at;
        size_t length = is_mark ? strlen(text) : 1;
        length = length < capacity - used - 1 ? length : capacity - used - 1;
        memcpy(out + used, text, length);
        used += length;
        at += is_mark ? 3 : 1;
    }
    out[used] = '\0';
}
