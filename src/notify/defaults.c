/* The texts that ship. */
#include "notify/template.h"

static const char *const texts[NOTIFY_KIND_END][NOTIFY_LANGUAGE_END] = {
    [NOTIFY_WELCOME] =
        {
            [NOTIFY_ENGLISH] = "Welcome to {brand}! Your card is {card}.",
            [NOTIFY_RUSSIAN] = "Добро пожаловать в {brand}! Номер вашей карты: {card}.",
            [NOTIFY_KAZAKH] = "{brand} бағдарламасына қош келдіңіз! Картаңыздың нөмірі: {card}.",
        },
    [NOTIFY_POINTS_EARNED] =
        {
            [NOTIFY_ENGLISH] = "{brand}: you earned {points} {points:point|points}. "
                               "You have {balance} now.",
            [NOTIFY_RUSSIAN] = "{brand}: вам начислено {points} {points:балл|балла|баллов}. "
                               "Сейчас у вас {balance}.",
            [NOTIFY_KAZAKH] = "{brand}: сізге {points} балл қосылды. Қазір сізде {balance} балл.",
        },
    [NOTIFY_POINTS_SPENT] =
        {
            [NOTIFY_ENGLISH] = "{brand}: you spent {points} {points:point|points}. "
                               "You have {balance} left.",
            [NOTIFY_RUSSIAN] = "{brand}: вы потратили {points} {points:балл|балла|баллов}. "
                               "Осталось {balance}.",
            [NOTIFY_KAZAKH] = "{brand}: сіз {points} балл жұмсадыңыз. {balance} балл қалды.",
        },
    [NOTIFY_POINTS_EXPIRING] =
        {
            [NOTIFY_ENGLISH] = "{brand}: {points} of your points {points:expires|expire} "
                               "on {date}. Spend them before that.",
            [NOTIFY_RUSSIAN] = "{brand}: {date} {points:сгорит|сгорят|сгорят} {points} "
                               "{points:балл|балла|баллов}. Успейте потратить.",
            [NOTIFY_KAZAKH] = "{brand}: {date} күні {points} балл жанып кетеді. "
                              "Оған дейін жұмсап үлгеріңіз.",
        },
    [NOTIFY_TIER_REACHED] =
        {
            [NOTIFY_ENGLISH] = "{brand}: you have reached the level {tier}. Congratulations!",
            [NOTIFY_RUSSIAN] = "{brand}: вы достигли уровня «{tier}». Поздравляем!",
            [NOTIFY_KAZAKH] = "{brand}: сіз «{tier}» деңгейіне жеттіңіз. Құттықтаймыз!",
        },
    [NOTIFY_COUPON_GIVEN] =
        {
            [NOTIFY_ENGLISH] = "{brand}: a coupon for you, {coupon}, valid until {date}.",
            [NOTIFY_RUSSIAN] = "{brand}: для вас купон {coupon}, действует до {date}",
            [NOTIFY_KAZAKH] = "{brand}: сізге {coupon} купоны берілді, жарамды мерзімі: {date}.",
        },
    [NOTIFY_DRAW_WON] =
        {
            [NOTIFY_ENGLISH] = "{brand}: you won in the draw: {prize}. Congratulations!",
            [NOTIFY_RUSSIAN] = "{brand}: вы выиграли в розыгрыше: {prize}. Поздравляем!",
            [NOTIFY_KAZAKH] = "{brand}: сіз ұтыста жеңдіңіз: {prize}. Құттықтаймыз!",
        },
    [NOTIFY_ALERT_RAISED] =
        {
            [NOTIFY_ENGLISH] = "{brand}: to review, \"{rule}\": {subject}, {found}.",
            [NOTIFY_RUSSIAN] = "{brand}: на проверку, «{rule}»: {subject}, {found}.",
            [NOTIFY_KAZAKH] = "{brand}: тексеруге, «{rule}»: {subject}, {found}.",
        },
};

const char *notify_default_text(enum notify_kind kind, enum notify_language language)
{
    ASSERT(kind >= NOTIFY_WELCOME && kind < NOTIFY_KIND_END && language >= NOTIFY_ENGLISH &&
           language < NOTIFY_LANGUAGE_END);
    return texts[kind][language];
}
