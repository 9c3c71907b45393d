#include "node/caps.h"

#include "node/node.h"
#include "node/peer_guard.h"

static struct money reversed(struct money owed)
{
    return money_of(owed.minor == INT64_MIN ? INT64_MAX : -owed.minor);
}

struct pair_caps caps_of(const struct exposure *exposure, const struct roster *roster,
                         const struct partner_id *partner, struct unix_ms now)
{
    struct money owed = exposure_owed(exposure, roster);
    return (struct pair_caps){
        .owed = owed,
        .promised = exposure_promised(exposure, roster, partner, now),
        .own = cap_level_of(roster, exposure_at_stake(exposure, roster, partner, now)),
        .partners = cap_level_of(roster, reversed(owed)),
    };
}

static void tell(struct node *node, const struct partner_id *partner, const struct roster *roster,
                 const char *debtor, enum cap_level level, struct money owed)
{
    static const char *const events[] = {
        [CAP_FREE] = "net_debit_free",
        [CAP_NEAR] = "net_debit_near_cap",
        [CAP_REACHED] = "net_debit_cap_reached",
    };
    log_event(&node->log, level == CAP_FREE ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, events[level],
              LOG_TEXT("partner", partner->text), LOG_TEXT("debtor", debtor),
              LOG_INT("owed_minor", owed.minor), LOG_INT("cap_minor", roster->net_debit_cap.minor));
}

static void look_at(struct node *node, const struct ledger_view *view, const struct roster *roster,
                    const struct partner_id *partner)
{
    struct exposure exposure;
    struct peer_caps_seen before;
    if (ledger_get_exposure(view, partner, &exposure) != ERR_OK) {
        return;
    }
    struct pair_caps caps = caps_of(&exposure, roster, partner, node_now(node));
    peer_guard_see_caps(node->peer_guard, partner,
                        &(struct peer_caps_seen){caps.own, caps.partners}, &before);
    if (caps.own != before.own) {
        tell(node, partner, roster, roster->self.text, caps.own,
             exposure_at_stake(&exposure, roster, partner, node_now(node)));
    }
    if (caps.partners != before.partners) {
        tell(node, partner, roster, partner->text, caps.partners, reversed(caps.owed));
    }
}

void caps_look(struct node *node)
{
    struct state_reader *reader;
    struct snapshot *snapshot = node_snapshot(node);
    const struct roster *roster = &snapshot->roster;
    if (roster->net_debit_cap.minor > 0 && readers_take(node->readers, &reader) == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        for (size_t i = 0; i < roster->partner_count; i++) {
            if (!roster_is_self(roster, &roster->partners[i].id)) {
                look_at(node, &view, roster, &roster->partners[i].id);
            }
        }
        readers_give(node->readers, reader);
    }
    snapshot_release(snapshot);
}
