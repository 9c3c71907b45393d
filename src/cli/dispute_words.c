#include "cli/dispute_words.h"

typedef const char *const words[PAGE_LANGUAGES];

static words states[DISPUTE_STATE_END] = {
    [DISPUTE_OPENED] = {"opened", "открыт", "ашылды"},
    [DISPUTE_ANSWERED] = {"the other side looks into it", "рассматривается другой стороной",
                          "екінші тарап қарап жатыр"},
    [DISPUTE_ACCEPTED] = {"accepted", "признан", "мойындалды"},
    [DISPUTE_REJECTED] = {"rejected", "отклонён", "қабылданбады"},
    [DISPUTE_ESCALATED] = {"both offices are to rule", "решают обе стороны", "екі тарап шешеді"},
    [DISPUTE_RULED] = {"ruled", "решён", "шешілді"},
    [DISPUTE_ADJUSTED] = {"over", "завершён", "аяқталды"},
    [DISPUTE_DECLINED] = {"not opened", "не открыт", "ашылмады"},
};

static words steps[STEP_END] = {
    [STEP_OPEN] = {"opened", "открыт", "ашылды"},
    [STEP_ANSWER] = {"looks into it", "принят к рассмотрению", "қарауға алынды"},
    [STEP_ACCEPT] = {"accepted", "признан", "мойындалды"},
    [STEP_ACCEPT_SILENT] = {"accepted by silence", "признан молчанием",
                            "үндемеу арқылы мойындалды"},
    [STEP_REJECT] = {"rejected", "отклонён", "қабылданбады"},
    [STEP_ESCALATE] = {"taken further", "передан выше", "жоғары берілді"},
    [STEP_CONCEDE] = {"leaves it at the rejection", "с отказом согласен", "бас тартуға келісті"},
    [STEP_CONCEDE_SILENT] = {"leaves it at the rejection, by silence", "с отказом согласен молча",
                             "бас тартуға үндемей келісті"},
    [STEP_RULE_UPHELD] = {"rules: the claim is right", "решение: удовлетворить",
                          "шешім: қанағаттандыру"},
    [STEP_RULE_DISMISSED] = {"rules: dismissed", "решение: отказать", "шешім: қабылдамау"},
    [STEP_CONFIRM_UPHELD] = {"rules as the other side: the claim is right",
                             "то же решение: удовлетворить", "сол шешім: қанағаттандыру"},
    [STEP_CONFIRM_DISMISSED] = {"rules as the other side: dismissed", "то же решение: отказать",
                                "сол шешім: қабылдамау"},
    [STEP_MACHINE_UPHELD] = {"by what was signed: the claim is right",
                             "по подписанному: удовлетворить",
                             "қол қойылғандар бойынша: қанағаттандыру"},
    [STEP_MACHINE_DISMISSED] = {"by what was signed: dismissed", "по подписанному: отказать",
                                "қол қойылғандар бойынша: қабылдамау"},
    [STEP_ADJUST] = {"corrected", "корректировка", "түзетілді"},
};

static words reasons[DISPUTE_REASON_END] = {
    [DISPUTE_AMOUNT_WRONG] = {"the amount is wrong", "неверная сумма", "сомасы қате"},
    [DISPUTE_PURCHASE_UNKNOWN] = {"there was no such purchase", "такой покупки не было",
                                  "мұндай сатып алу болмаған"},
    [DISPUTE_DOUBLED] = {"it is there twice", "учтено дважды", "екі рет есептелген"},
    [DISPUTE_GOODS_RETURNED] = {"the goods came back", "товар возвращён", "тауар қайтарылған"},
    [DISPUTE_NOT_GRANTED] = {"it was not granted", "не было разрешения", "рұқсат берілмеген"},
    [DISPUTE_NOT_RETURNED] = {"nothing came back", "возврата не было", "ештеңе қайтарылмаған"},
    [DISPUTE_REFUSED_WRONGLY] = {"it was refused wrongly", "отклонена ошибочно",
                                 "қателесіп қабылданбаған"},
    [DISPUTE_OTHER] = {"another one", "другая", "басқа"},
};

const char *page_dispute_state(enum page_language language, enum dispute_state state)
{
    bool is_known = state > 0 && state < DISPUTE_STATE_END;
    return is_known ? states[state][language] : dispute_state_name(state);
}

const char *page_dispute_step(enum page_language language, enum dispute_step step)
{
    return step > 0 && step < STEP_END ? steps[step][language] : dispute_step_name(step);
}

const char *page_dispute_reason(enum page_language language, enum dispute_reason reason)
{
    bool is_known = reason > 0 && reason < DISPUTE_REASON_END;
    return is_known ? reasons[reason][language] : dispute_reason_name(reason);
}
