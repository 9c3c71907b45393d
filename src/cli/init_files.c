#include "cli/init_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void write_text(struct buffer *out, const char *text)
{
    write_bytes(out, text, strlen(text));
}

static void write_line(struct buffer *out, const char *format, ...) PRINTF_LIKE(2, 3);

static void write_line(struct buffer *out, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ASSERT(length >= 0 && (size_t)length < sizeof line);
    write_text(out, line);
}

void init_write_node_yaml(const struct init_plan *plan, struct buffer *out)
{
    char listen[ADDRESS_TEXT_MAX];
    char http[ADDRESS_TEXT_MAX];
    write_text(out, "# One node of Talea. Paths are relative to this file.\n");
    write_line(out, "coalition: %s\n", plan->coalition);
    write_line(out, "partner: %s\n", plan->partner.text);
    write_text(out, "\n# The ledger, filled at the first start.\n"
                    "data: data\n"
                    "# Who belongs to the coalition, signed by its partners: put it here.\n"
                    "charter: charter.talea\n"
                    "# How this brand gives points.\n"
                    "programme: programme.yaml\n"
                    "# What members are told, in which words and by whom; without it: nothing.\n"
                    "# notifications: notifications.yaml\n");
    write_line(out,
               "\n# gRPC: tills, back office, operators and the other brands' nodes. An IPv6 "
               "address\n# stands in brackets.\nlisten: \"%s\"\n",
               address_format(&plan->listen, listen));
    write_line(out, "# Metrics and health, for machines within the house.\nhttp: \"%s\"\n",
               address_format(&plan->http, http));
    write_text(
        out,
        "\n# The node signs with this key; the root key attests it and belongs offline.\n"
        "keys: {online: keys/online.key}\n"
        "tls: {certificate: tls/node.pem, key: tls/node.key, ca: tls/ca.pem}\n"
        "\n# Optional from here on; what stands here is the default.\n"
        "# peers: {reconnect_ms: 200}\n"
        "# limits:\n"
        "#   rpc_workers: 4           # threads for calls that may block\n"
        "#   streams: 256             # imports and partner streams at once\n"
        "#   memtable_mb: 256          # state not yet checkpointed\n"
        "#   id_retention_months: 13  # how long a transaction id is remembered\n"
        "#   hold_minutes: 30         # from a hold to the end of its capture\n"
        "#   deliver_hours: 72        # from there to the hold's own end\n"
        "#   points_per_command_max: 10000000  # given or reserved by one call\n"
        "#   peer_holds_per_s: 5000   # that one partner's tills may ask for\n"
        "#   peer_refused_holds_per_s: 200     # of these, before the rest has to wait\n"
        "#   peer_entries_per_s: 500000        # of one partner's stream; more are slowed down\n"
        "#   peer_calls_per_s: 200    # of one partner's node, of all other kinds\n"
        "#   outbox_entries: 5000000  # that may wait for one partner who is away\n"
        "#   min_free_mb: 256         # of the disk: below it no more commands are taken\n"
        "#   drain_ms: 10000          # for calls in flight when the node stops\n"
        "#   netting_grace_s: 86400   # that a missing statement holds up the net of all\n"
        "#   quote_seconds: 900       # that what a quote promises is held\n"
        "# What partners' tills may burn of our members' points while this node is away:\n"
        "# for one burn, and in a day. Without it: nothing.\n"
        "# stand_in: {floor_points: 0, daily_cap_points: 0, hours: 24}\n"
        "# log: {level: info, format: json}\n");
}

void init_write_programme_yaml(struct buffer *out)
{
    write_text(out,
               "# How this brand gives points. Raise the version with each change.\n"
               "version: 1\n"
               "# What tills pay in, ISO 4217.\n"
               "currency: USD\n"
               "money_decimals: 2\n"
               "\n# 1 point for each 1.00, rounded down to the points' last decimal.\n"
               "earn:\n"
               "  points: 1\n"
               "  per: 1.00\n"
               "  rounding: down           # down, up, half_up or half_even\n"
               "  # minimum: 5.00          # receipts below give nothing\n"
               "\n# The return window: points become spendable so many days after the purchase.\n"
               "pending_days: 0\n"
               "# never, months (after the points were given), end_of_month (with the end of "
               "that\n# month), fixed_date (a day of each year, as in date: 12-31) or inactivity "
               "(so many\n# months after the member last earned, spent or transferred).\n"
               "expiry: {kind: end_of_month, months: 24}\n"
               "# Points given back for returned goods live so long when their lot has "
               "expired.\n"
               "burn: {refund_expired_grace_days: 14}\n"
               "# The most points that a member may owe after returns; the rest is written off.\n"
               "# debt: {limit: 500}\n");
}

void init_write_coalition_yaml(struct buffer *out)
{
    write_text(
        out,
        "# What partners agree on before they sign it as a charter:\n"
        "#   talea charter make --terms coalition.yaml --out charter.talea\n"
        "coalition: demo\n"
        "# 1 for the first charter; each change adds 1 and names the one before by\n"
        "# --previous.\n"
        "epoch: 1\n"
        "\npoints: {name: Sparks, decimals: 0}\n"
        "settlement: {currency: USD, decimals: 2}\n"
        "# What may be said besides: period: month, week or day; and when nodes close\n"
        "# periods by themselves (else operators do: talea period close):\n"
        "#   calendar: {time_zone: Asia/Almaty, grace_seconds: 7200}\n"
        "# How many partners must sign before it is valid.\n"
        "signatures: {required: 2}\n"
        "\n# What partners pay one another for a point: the brand that gave it pays the\n"
        "# member's home, the home pays the brand where it is spent.\n"
        "tariffs:\n"
        "  - id: 1\n"
        "    name: standard\n"
        "    issue_price_per_point: 0.0100\n"
        "    redemption_price_per_point: 0.0100\n"
        "    rounding: half_even\n"
        "  # A tariff may also say, each of it alone or together:\n"
        "  #   partners: [grocer, fuel]      # for these two; else for everybody\n"
        "  #   valid_from: 2026-11-01        # else from the beginning\n"
        "  #   issue_fee_percent: 1.5        # of the points' money, paid by who gave them\n"
        "  #   redemption_fee_percent: 2     # the same, paid by who took them\n"
        "  #   minimum_fee: 10.00            # of these fees together, for a period\n"
        "  #   tax: {code: S, percent: 12, on: fees}  # or all: the points' money too\n"
        "  #   funding: burn                 # the issuer pays when its points are spent,\n"
        "  #                                 # the redemption price; else when they are given\n"
        "  #                                 # prepaid: in advance, with blocks (talea block "
        "sell),\n"
        "  #                                 # whose rest is bought back at the redemption price\n"
        "\n# Points that one brand gives for purchases in its shops and that several pay for.\n"
        "# promotions:\n"
        "#   - id: 1\n"
        "#     name: double points in November\n"
        "#     shop: fuel\n"
        "#     valid_from: 2026-11-01\n"
        "#     valid_until: 2026-12-01\n"
        "#     budget: 1000000             # points, of all purchases\n"
        "#     per_purchase: 500           # at most\n"
        "#     split:                      # who pays; each of them signs the charter\n"
        "#       - {partner: grocer, percent: 60}\n"
        "#       - {partner: fuel, percent: 40}\n"
        "\n# What one partner may owe another at most; 0 is no cap. New debt beyond it is\n"
        "# refused, or with at_cap: wait comes when there is room.\n"
        "caps: {net_debit: 50000.00}\n"
        "\n# The partners' introductions, relative to this file. Those named on the\n"
        "# command line take their place.\n"
        "partners:\n"
        "  - grocer.intro.talea\n"
        "  - fuel.intro.talea\n"
        "\n# A later epoch takes over who hands in nothing new. Who leaves trades no more, and\n"
        "# what is under way settles until the end of a period; see also talea key revoke.\n"
        "# leaving:\n"
        "#   - {partner: hotel, last_period: 2026-12}\n");
}
