/* seeds_ledger FOLDER: rows, records and batches of fixed random values. */
#include "ledger_test.h"
#include "ledger/memory_store.h"
#include "seeds.h"

/* In the order of the target's numbers; 12 and 13 are keys; effects and commands
 * are parts of records. */
static const char *const rows[] = {
    "member",        "profile",     "card",         "account",     "hold",
    "sale",          "transaction", "stream",       "entry_total", "half",
    "pair_period",   "u64",         NULL,           NULL,          "adjustment",
    "merge",         "mandate_row", "mandate_line", "card_status", "card_news",
    "half_tree",     "tree_row",    "obligation",   "netting_row", "dispute",
    "dispute_line",  "apart_half",  "apart_row",    "block_row",   "block_line",
    "programme_row", "standing",    "occasion"};

static void write_rows(const char *folder)
{
    struct format formats[FORMATS_MAX];
    size_t count = formats_all(formats);
    for (size_t i = 0; i < count; i++) {
        for (unsigned row = 0; row < sizeof rows / sizeof rows[0]; row++) {
            struct rng rng = {row + 1};
            CLEANUP(buffer_fini) struct buffer bytes = {0};
            if (rows[row] != NULL && formats[i].kind == 0 &&
                strcmp(formats[i].name, rows[row]) == 0) {
                formats[i].sample(&rng, 0, &bytes);
                seed_write_choice(folder, "rows", rows[row], row, buffer_slice(&bytes));
            }
        }
    }
}

/* A hold's row has two forms. */
static void write_stand_in(const char *folder)
{
    struct rng rng = {1};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct hold hold = sample_stand_in(&rng);
    hold_encode(&hold, &bytes);
    seed_write_choice(folder, "rows", "stand-in", 4, buffer_slice(&bytes));
}

static void write_keys(const char *folder)
{
    struct rng rng = {7};
    struct partner_id partner = sample_partner(&rng);
    struct uid id = sample_uid(&rng);
    struct ledger_key key;
    for (unsigned kind = ACCOUNT_AVAILABLE; kind < ACCOUNT_KIND_END; kind++) {
        struct account_ref account = {.kind = (enum account_kind)kind};
        if (account_kind_is_member(account.kind)) {
            account.member = id;
        } else if (account_kind_is_partner(account.kind)) {
            account.partner = partner;
            account.period.code = 202610;
        }
        key_account(&account, &key);
        seed_write_choice(folder, "rows", account_kind_name(account.kind), 12,
                          slice_of(key.bytes, key.length));
    }
    key_due((struct unix_ms){1790000000000}, DUE_HOLD, &partner, &id, &key);
    seed_write_choice(folder, "rows", "due-hold", 13, slice_of(key.bytes, key.length));
    key_due((struct unix_ms){1790000000000}, DUE_MEMBER, &(struct partner_id){{0}}, &id, &key);
    seed_write_choice(folder, "rows", "due-member", 13, slice_of(key.bytes, key.length));
}

/* What an enrolment and an earn do: effects that an empty ledger takes. */
static void write_member_effects(struct rng *rng, struct buffer *out)
{
    static const struct member empty = {.enrolled = {1790000000000}};
    CLEANUP(buffer_fini) struct buffer value = {0};
    struct uid id = sample_uid(rng);
    struct lot_key lot = {.issuer = {"fuel"}, .tariff = 1};
    struct ledger_key key;
    key_member(&id, &key);
    member_encode(&empty, &value);
    struct effect effects[] = {
        {.kind = EFFECT_ROW,
         .row = {TABLE_MEMBER, slice_of(key.bytes, key.length), false, buffer_slice(&value)}},
        {.kind = EFFECT_LOT, .lot = {id, lot, 500, 0}},
        {.kind = EFFECT_POST,
         .post = {{.kind = ACCOUNT_ISSUED}, {ACCOUNT_AVAILABLE, id, {{0}}, {0}}, {500}}},
        {.kind = EFFECT_HISTORY, .history = {id, 0}}};
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        effect_encode(&effects[i], out);
    }
}

static void record_bytes(struct rng *rng, enum command_kind kind, struct buffer *out)
{
    struct id_table ids = {0};
    CLEANUP(buffer_fini) struct buffer body = {.names = &ids};
    CLEANUP(buffer_fini) struct buffer effects = {.names = &ids};
    struct command command = sample_command(rng, kind);
    command_encode(&command, &body);
    struct record record = {.row = 1 + (unsigned)kind,
                            .time = sample_time(rng),
                            .kind = kind,
                            .verdict = VERDICT_OK,
                            .origin = sample_partner(rng),
                            .transaction_id = sample_uid(rng),
                            .business_time = sample_time(rng),
                            .body = buffer_slice(&body),
                            .answer = sample_answer(rng)};
    if (kind % 3 == 1) {
        write_member_effects(rng, &effects);
        record.effect_count = 4;
    } else {
        for (unsigned i = EFFECT_POST; i < EFFECT_KIND_END; i++) {
            struct effect effect = sample_effect(rng, (enum effect_kind)i);
            effect_encode(&effect, &effects);
        }
        record.effect_count = EFFECT_KIND_END - 1;
    }
    record.ids = ids;
    record.effects = buffer_slice(&effects);
    record_encode(&record, out);
    ASSERT(out->err == ERR_OK && body.err == ERR_OK && effects.err == ERR_OK);
}

static void write_records(const char *folder)
{
    for (unsigned kind = 1; kind < COMMAND_KIND_END; kind++) {
        if (!command_kind_is_known(kind)) {
            continue;
        }
        struct rng rng = {kind};
        CLEANUP(buffer_fini) struct buffer bytes = {0};
        if (!command_kind_is_known(kind)) {
            continue;
        }
        record_bytes(&rng, (enum command_kind)kind, &bytes);
        seed_write(folder, "record", command_kind_name((enum command_kind)kind),
                   buffer_slice(&bytes));
    }
}

static void write_batch(const char *folder, const char *name, unsigned count)
{
    static const uint8_t seed[SIGNING_SEED_BYTES] = {42};
    static const struct hash previous = {{0xab, 0xcd}};
    struct rng rng = {count};
    struct signing_key key;
    struct key_signer key_signer;
    struct signer signer;
    struct batch_builder builder = {0};
    struct hash hash;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    signing_key_from_seed(seed, &key);
    ASSERT(key_signer_init(&key_signer, &key, "testers", &signer) == ERR_OK);
    batch_begin(&builder, 2);
    for (unsigned i = 1; i <= count; i++) {
        CLEANUP(buffer_fini) struct buffer record_buffer = {0};
        struct record record;
        record_bytes(&rng, (enum command_kind)i, &record_buffer);
        ASSERT(record_decode(buffer_slice(&record_buffer), &record) == ERR_OK);
        batch_add(&builder, &record);
    }
    ASSERT(batch_seal(&builder, &signer, 6, (struct unix_ms){1790000000123}, &previous, &bytes,
                      &hash) == ERR_OK);
    seed_write(folder, "batch", name, buffer_slice(&bytes));
    bytes.at[bytes.length / 2] ^= 1;
    char damaged[32];
    snprintf(damaged, sizeof damaged, "%s-damaged", name);
    seed_write(folder, "batch", damaged, buffer_slice(&bytes));
    batch_builder_fini(&builder);
    signing_key_fini(&key);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    write_rows(argv[1]);
    write_stand_in(argv[1]);
    write_keys(argv[1]);
    write_records(argv[1]);
    write_batch(argv[1], "one", 1);
    write_batch(argv[1], "three", 3);
    write_batch(argv[1], "eight", 8);
    return 0;
}
