/* libtalea for callers with many commands, and for those who follow what happens.
 *
 * Units, ids and results are as in talea.h; here ids are 16 bytes, not text (talea_id_v7).
 */
#ifndef TALEA_LEDGER_H
#define TALEA_LEDGER_H

#include <talea/talea.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TALEA_ID_BYTES  16
#define TALEA_BATCH_MAX 8192

/* A new id of version 7 as bytes. */
TALEA_API void talea_id_v7(unsigned char out_id[TALEA_ID_BYTES]);
/* From and to the 36-character form. TALEA_INVALID_ARGUMENT for a text that is none. */
TALEA_API int talea_id_parse(const char *text, unsigned char out_id[TALEA_ID_BYTES]);
TALEA_API void talea_id_format(const unsigned char id[TALEA_ID_BYTES],
                               char out_text[TALEA_UUID_SIZE]);

enum talea_command_kind {
    TALEA_COMMAND_EARN = 1,
    TALEA_COMMAND_AUTHORISE = 2, /* of this brand's own cards */
    TALEA_COMMAND_CAPTURE = 3,
    TALEA_COMMAND_VOID = 4,
    TALEA_COMMAND_RETURN_PURCHASE = 5,
    TALEA_COMMAND_RETURN_BURN = 6,
    TALEA_COMMAND_TRANSFER = 7 /* not for tills */
};

/* One command. Which fields count depends on the kind; the others are zero. */
struct talea_command {
    enum talea_command_kind kind;
    unsigned char transaction_id[TALEA_ID_BYTES];
    const char *receipt;
    int64_t business_unix_ms; /* 0: now */
    const char *card;         /* EARN (or `subject`), AUTHORISE */
    const char *currency;     /* EARN */
    /* EARN: the member, when there is no card. CAPTURE, VOID, RETURN_BURN: the hold.
     * RETURN_PURCHASE: the sale. TRANSFER: who gives. */
    unsigned char subject[TALEA_ID_BYTES];
    unsigned char to[TALEA_ID_BYTES]; /* TRANSFER: who gets */
    unsigned char by[TALEA_ID_BYTES]; /* TRANSFER out of a pool: who asks */
    int64_t amount_minor;             /* EARN, RETURN_PURCHASE */
    int64_t points;                   /* EARN: instead of the programme's; the others */
    uint32_t capture_within_seconds;  /* AUTHORISE */
    uint32_t promotion;               /* EARN: of the charter, that pays for `points`; 0: none */
    const char *till;                 /* EARN: where it was rung up, and by whom; may be NULL */
    const char *cashier;
    /* RETURN_PURCHASE: what comes back, as talea_return_purchase has it. */
    const struct talea_returned_line *lines;
    size_t line_count; /* at most TALEA_RETURNED_LINES_MAX */
};

struct talea_answer {
    /* NULL when it was done, else why not: "INSUFFICIENT_POINTS". Lasts for ever. */
    const char *refusal;
    int64_t points;
    int64_t left_points; /* CAPTURE: still on hold */
    int64_t debt_points; /* returns */
    int64_t written_off_points;
    int64_t capture_by_unix_ms; /* AUTHORISE */
    int64_t deliver_by_unix_ms;
    uint64_t journal_row; /* 0: nothing was journaled */
    int is_repeat;        /* 1: it had been done before */
    /* EARN that a fraud rule holds: the alert whose review its points wait for; else zeros. */
    unsigned char alert_id[TALEA_ID_BYTES];
};

/* 1 to TALEA_BATCH_MAX commands in one call; `out_answers` has room for one each. `is_linked` 1:
 * all are done, or none is. The call repeats itself like all others: what went in before is
 * answered again, applied once. */
TALEA_API int talea_execute_batch(struct talea_client *client, const struct talea_command *commands,
                                  size_t count, int is_linked, int64_t timeout_ms,
                                  struct talea_answer *out_answers, struct talea_error *error);

/* One row of the journal, for as long as the callback runs. */
struct talea_event {
    uint64_t journal_row;
    int kind;              /* number of the API's EventKind */
    const char *kind_name; /* "EARN"; "?" when the node is newer */
    const char *refusal;   /* NULL: done */
    int64_t recorded_unix_ms;
    int64_t business_unix_ms;
    const char *transaction_id;
    const char *member_id;
    const char *card;
    const char *home;
    const char *receipt;
    int64_t points;
    int64_t left_points;
    int64_t debt_points;
};

/* Other than 0 ends the watch. */
typedef int talea_on_event(void *context, const struct talea_event *event);

/* Calls back for every row of the journal from `from_row` on (0: from the next that comes, 1: from
 * the oldest there is), in order, each once, and for each new one; connects again by itself when
 * the node is away, for at most `patience_ms` at a time. Returns TALEA_OK when the callback ended
 * it, and then, or on a failure, `*out_next_row` is where to go on. Blocks the calling thread. */
TALEA_API int talea_watch_events(struct talea_client *client, uint64_t from_row,
                                 int64_t patience_ms, talea_on_event *on_event, void *context,
                                 uint64_t *out_next_row, struct talea_error *error);

#ifdef __cplusplus
}
#endif

#endif
