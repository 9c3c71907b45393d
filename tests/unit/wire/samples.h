/* One value of each message, with the bytes that protoc --encode makes of it. */
#ifndef TESTS_WIRE_SAMPLES_H
#define TESTS_WIRE_SAMPLES_H

#include "wire/messages.h"

struct sample {
    const char *name;
    const char *golden; /* hexadecimal */
    /* The value's own encoding. */
    enum err (*encode)(struct buffer *out);
    /* Its last field, or last element, may be missing. */
    bool has_optional_end;
    /* Decodes and encodes again. */
    enum err (*again)(struct slice bytes, struct buffer *out, struct note *note);
};

#define SAMPLE_COUNT 24
extern const struct sample samples[SAMPLE_COUNT];

/* The golden bytes; the caller ends the buffer. */
void sample_bytes(const char *golden, struct buffer *out);

struct partner_id sample_partner(const char *text);
struct card_number sample_card(void);
struct hash sample_hash(uint8_t first);
struct uid sample_uid(uint8_t first);
struct clearing_entry sample_earn(void);
struct clearing_entry sample_return(void);
struct batch_head sample_head(void);
struct hold_request sample_request(void);
struct hold_grant sample_grant(void);
struct hold_refusal sample_refusal(void);
/* Borrows static rows. */
struct clearing_receipt sample_receipt(void);
struct pair_statement sample_statement(void);
struct evidence sample_evidence(void);
struct clearing_entry sample_stand_in(void);
struct mandate sample_mandate(void);

#endif
