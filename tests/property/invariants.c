#include "invariants.h"

#include <inttypes.h>

#include "ledger/rows.h"

static enum err add_member(struct invariants *v, struct slice value, struct note *note)
{
    struct member member;
    int64_t pending = 0;
    int64_t available = 0;
    int64_t held = 0;
    TRY(member_decode(value, &member));
    for (size_t i = 0; i < member.lot_count; i++) {
        const struct lot *lot = &member.lots[i];
        *(lot->key.active_from.ms == 0 ? &available : &pending) += lot->free.minor;
        held += lot->held.minor;
    }
    if (available != member.available.minor || pending != member.pending.minor ||
        held != member.held.minor) {
        return note_set(note, ERR_CORRUPT,
                        "a member's lots are %" PRId64 " + %" PRId64 " + %" PRId64
                        ", its balances %" PRId64 " + %" PRId64 " + %" PRId64,
                        available, pending, held, member.available.minor, member.pending.minor,
                        member.held.minor);
    }
    v->members[0] += available;
    v->members[1] += pending;
    v->members[2] += held;
    v->members[3] += member.debt.minor;
    return ERR_OK;
}

static enum err add_account(struct invariants *v, struct slice key, struct slice value)
{
    struct account_ref ref;
    struct account account;
    TRY(key_account_parse(key, &ref));
    TRY(account_decode(value, &account));
    int64_t owed = account.credit - account.debit;
    v->debits += account.debit;
    v->credits += account.credit;
    switch (ref.kind) {
    case ACCOUNT_AVAILABLE:
        v->accounts[0] += owed;
        break;
    case ACCOUNT_PENDING:
        v->accounts[1] += owed;
        break;
    case ACCOUNT_HELD:
        v->accounts[2] += owed;
        break;
    case ACCOUNT_DEBT:
        v->accounts[3] -= owed;
        break;
    case ACCOUNT_RECEIVABLE:
    case ACCOUNT_PAYABLE:
    case ACCOUNT_SUSPENSE:
    case ACCOUNT_ISSUED:
    case ACCOUNT_REDEEMED:
    case ACCOUNT_BREAKAGE:
    case ACCOUNT_ADJUSTMENT:
        v->sources -= owed;
        break;
    case ACCOUNT_KIND_END:
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

enum err invariants_add(struct invariants *invariants, enum ledger_table table, struct slice key,
                        struct slice value, struct note *note)
{
    enum err err = table == TABLE_MEMBER    ? add_member(invariants, value, note)
                   : table == TABLE_ACCOUNT ? add_account(invariants, key, value)
                                            : ERR_OK;
    if (err != ERR_OK && note->text[0] == '\0') {
        return note_set(note, err, "a row of table %s can't be read", ledger_table_name(table));
    }
    return err;
}

enum err invariants_check(const struct invariants *v, struct note *note)
{
    static const char *const names[] = {"available", "pending", "held", "debt"};
    if (v->debits != v->credits) {
        return note_set(note, ERR_CORRUPT, "debits are %" PRId64 ", credits %" PRId64, v->debits,
                        v->credits);
    }
    for (size_t i = 0; i < 4; i++) {
        if (v->accounts[i] != v->members[i]) {
            return note_set(note, ERR_CORRUPT,
                            "%s: the account says %" PRId64 ", the members' rows %" PRId64,
                            names[i], v->accounts[i], v->members[i]);
        }
    }
    int64_t outstanding = v->members[0] + v->members[1] + v->members[2] - v->members[3];
    if (outstanding != v->sources) {
        return note_set(note, ERR_CORRUPT,
                        "outstanding is %" PRId64 ", issued less what was taken %" PRId64,
                        outstanding, v->sources);
    }
    return ERR_OK;
}
