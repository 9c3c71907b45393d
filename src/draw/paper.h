/* What a brand publishes of a draw: text that people read and anybody can check.
 *
 *     talea draw 1
 *     coalition    demo
 *     brand        grocer
 *     draw         summer
 *     opened       2026-06-01T08:00:00.000Z
 *     tickets      tickets            the metric that counts them
 *     until        2026-09-01         from then on it can be closed
 *     beacon       drand round 4512000     optional: the public value that will be mixed in
 *     once         yes
 *     prize        1 car
 *     reserve      2
 *     commitment   (64 hexadecimal digits)
 *     key, epoch, signature           as in a member's receipt; signed is b2 of all bytes above
 *     closed       2026-09-01T08:00:00.000Z
 *     entrants     51234
 *     total        204711             tickets
 *     list         (64 digits)
 *     key, epoch, signature
 *     revealed     2026-09-02T08:00:00.000Z
 *     seed         (64 digits)
 *     value        (what the beacon said)
 *     winner       1 ID TICKET        one for each prize and each reserve, in that order
 *     key, epoch, signature
 *     entrant ID TICKETS              the list, once it is closed
 *
 * It ends after one of the signatures, or after the list. What stands in it is a function of the
 * values: each has one form. Pure; any thread.
 */
#ifndef DRAW_PAPER_H
#define DRAW_PAPER_H

#include "base/ident.h"
#include "crypto/signing.h"
#include "draw/draw.h"

enum draw_stage {
    DRAW_OPENED = 1,
    DRAW_CLOSED = 2,
    DRAW_REVEALED = 3,
    DRAW_STAGE_END
};

/* Does the text begin where a draw's begins? */
bool draw_is_whole(struct slice text);
const char *draw_stage_name(enum draw_stage stage); /* "open", "closed", "revealed" */

struct draw_prize {
    char name[LIMIT_RULE_NAME_BYTES + 1];
    uint32_t count;
};

/* What is fixed when it opens. */
struct draw_terms {
    char coalition[SIGNING_COALITION_MAX + 1];
    struct partner_id brand;
    char name[LIMIT_RULE_NAME_BYTES + 1];
    struct unix_ms opened;
    char metric[LIMIT_RULE_NAME_BYTES + 1];
    int64_t until_day;
    char beacon[LIMIT_NAME_BYTES + 1]; /* empty: none */
    bool is_once;
    size_t prize_count; /* 1 or more */
    struct draw_prize prizes[LIMIT_DRAW_PRIZES];
    uint32_t reserves; /* with all prizes at most LIMIT_DRAW_WINNERS */
    struct hash commitment;
};

struct draw_closing {
    struct unix_ms closed;
    uint64_t entrants;
    uint64_t tickets;
    struct hash list;
};

struct draw_place {
    uint8_t id[DRAW_ID_BYTES];
    uint64_t ticket;
};

struct draw_result {
    struct unix_ms revealed;
    struct draw_seed seed;
    char value[LIMIT_NAME_BYTES + 1]; /* empty: the draw has no beacon */
    size_t winner_count;
    struct draw_place winners[LIMIT_DRAW_WINNERS];
};

struct draw_signature {
    struct slice said; /* borrowed from the text */
    struct key_id key;
    uint64_t epoch;
    struct signature signature;
};

/* Large. */
struct draw_paper {
    enum draw_stage stage;
    struct draw_terms terms;
    struct draw_closing closing; /* from CLOSED on */
    struct draw_result result;   /* of REVEALED */
    struct draw_signature signatures[DRAW_STAGE_END - 1];
    struct draw_entrant *entrants; /* NULL: the list isn't there */
    size_t entrant_count;
};

/* Of all prizes and reserves. */
size_t draw_wanted(const struct draw_terms *terms);
/* The prize of the so manieth winner, from 0; NULL: a reserve. */
const struct draw_prize *draw_prize_of(const struct draw_terms *terms, size_t winner);
/* ERR_INPUT with a note: no prize, too many, a name that can't stand in a line. */
MUST_USE enum err draw_terms_check(const struct draw_terms *terms, struct note *note);

/* Each appends its lines; terms that draw_terms_check takes. */
void draw_write_terms(const struct draw_terms *terms, struct buffer *out);
void draw_write_closing(const struct draw_closing *closing, struct buffer *out);
void draw_write_result(const struct draw_result *result, struct buffer *out);
/* Signs all that the buffer has. Errors are the signer's. */
MUST_USE enum err draw_sign(const struct signer *signer, uint64_t epoch, struct buffer *text);

/* What is signed of a text. */
struct hash draw_said(struct slice text);

/* Reads a text, of which the paper borrows. ERR_CORRUPT with a note that names the line;
 * ERR_RESOURCE. End it with draw_paper_fini. */
MUST_USE enum err draw_read(struct slice text, struct draw_paper **out_paper, struct note *note);
/* NULL is allowed. */
void draw_paper_fini(struct draw_paper *paper);

/* Does the paper hold together, signatures apart: the list is what it was said to be, the seed is
 * the one that was committed to, the winners are those that follow? What is not there is not
 * looked at. ERR_DISAGREE with a note; ERR_RESOURCE. */
MUST_USE enum err draw_check(const struct draw_paper *paper, struct note *note);
/* Is `earlier`, published before, a part of this one? ERR_DISAGREE with a note. */
MUST_USE enum err draw_check_earlier(const struct draw_paper *paper, struct slice text,
                                     const struct draw_paper *earlier, struct slice earlier_text,
                                     struct note *note);

#endif
