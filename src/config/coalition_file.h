/* coalition.yaml: what partners agree on before they sign it as a charter. Nothing can be said here
 * that a charter would not carry.
 *
 *   coalition: demo
 *   epoch: 1
 *   points: {name: Sparks, decimals: 0}
 *   settlement: {currency: USD, decimals: 2, period: month, netting: bilateral}
 *                                          # period: month, week (by ISO 8601) or day; netting:
 *                                          # bilateral or multilateral; both may be left out
 *   calendar:                              # may be left out: UTC, closed by operators
 *     time_zone: Asia/Almaty               # in which days begin; else UTC
 *     grace_seconds: 7200                  # after the end nodes close the period; else operators
 * do from: 2026-12-01                     # where an epoch changes period or calendar: the period
 *                                          # of this day runs to its end; else the day after
 * valid_from signatures: {required: 2}              # root signatures that make an epoch valid
 *   tariffs:
 *     - id: 1
 *       name: standard
 *       issue_price_per_point: 0.0100      # the issuer pays the home, in settlement money
 *       redemption_price_per_point: 0.0100 # the home pays the redeemer
 *       rounding: half_even                # as statements round; there is no other
 *     - id: 2                              # what a tariff may say besides
 *       name: fuel and grocer from November
 *       issue_price_per_point: 0.0090
 *       redemption_price_per_point: 0.0080
 *       rounding: half_even
 *       partners: [fuel, grocer]           # for these two; else for everybody
 *       valid_from: 2026-11-01             # of business time, UTC; else from the beginning
 *       issue_fee_percent: 1.5             # of the money of points given, paid by who gave them
 *       redemption_fee_percent: 2          # of that of points taken, paid by who took them
 *       minimum_fee: 10.00                 # of these fees together, for a period
 *       tax: {code: S, percent: 12, on: fees} # or: on: all, the points' money too
 *       funding: burn                      # the issuer pays when its points are spent; prepaid:
 * with # blocks; else: issue promotions:                            # may be left out
 *     - id: 1
 *       name: double points in November
 *       shop: fuel                         # gives the points, for purchases in its shops
 *       valid_from: 2026-11-01             # of business time, UTC
 *       valid_until: 2026-12-01            # before then
 *       budget: 1000000                    # points, of all purchases
 *       per_purchase: 500                  # at most
 *       split:                             # who pays; the first bears what rounding leaves over
 *         - {partner: grocer, percent: 60}
 *         - {partner: fuel, percent: 40}
 *   caps:                                  # net debit of one partner towards another
 *     net_debit: 50000.00
 *     at_cap: refuse                       # new debt beyond it; or wait; may be left out
 *   disputes: {answer_seconds: 1209600, escalate_seconds: 1209600}   # may be left out: 14 days
 *   partners: [intro/grocer.intro, intro/fuel.intro]   # may be left out
 *   leaving:                               # from here on only where an epoch changes it
 *     - {partner: hotel, last_period: 2026-12}
 *   revoked_keys:                          # as `talea key revoke` prints them
 *     - partner: fuel
 *       key: 0123456789abcdef              # the id of an online key
 *       streams:                           # what it signed counts up to these numbers
 *         - {peer: grocer, entries: 120, receipts: 14}
 *
 * Paths are relative to the folder of the file.
 */
#ifndef CONFIG_COALITION_FILE_H
#define CONFIG_COALITION_FILE_H

#include "base/bytes.h"
#include "base/period.h"
#include "clearing/tariff.h"
#include "config/check.h"

#define COALITION_TAX_CODE_MAX 16 /* bytes, with the final NUL */

struct coalition_tariff {
    uint32_t id; /* 1 to 65535, unique */
    char name[LIMIT_NAME_BYTES + 1];
    struct decimal issue_price;      /* settlement money in major units for one whole point */
    struct decimal redemption_price; /* the same */
    uint32_t issue_fee_ppm;          /* millionths of the money */
    uint32_t redemption_fee_ppm;
    int64_t minimum_fee_minor;
    char tax_code[COALITION_TAX_CODE_MAX]; /* empty: no tax */
    uint32_t tax_ppm;
    bool is_tax_on_points;
    struct partner_id pair[2]; /* sorted; empty: for everybody */
    struct unix_ms valid_from; /* 0: from the beginning */
    enum tariff_funding funding;
};

#define COALITION_PARTS_MAX 8

struct coalition_part {
    struct partner_id partner;
    uint32_t share; /* hundredths of a per cent */
};

struct coalition_promotion {
    uint32_t id;
    char name[LIMIT_NAME_BYTES + 1];
    struct partner_id shop;
    struct unix_ms valid_from;
    struct unix_ms valid_until;
    int64_t budget; /* points in minor units */
    int64_t per_purchase;
    size_t part_count;
    struct coalition_part parts[COALITION_PARTS_MAX];
};

struct coalition_departure {
    struct partner_id partner;
    struct period last_period;
};

struct coalition_calendar {
    enum period_unit unit;
    char time_zone[LIMIT_TIME_ZONE_BYTES + 1]; /* empty: UTC */
    bool is_closed_by_node;
    unsigned grace_s;
    int64_t from_day; /* unix_day; 0: the file does not say */
};

struct coalition_revoked_stream {
    struct partner_id peer;
    uint64_t entries;
    uint64_t receipts;
};

#define COALITION_KEY_TEXT_MAX 17 /* 16 hexadecimal digits and a NUL */

struct coalition_revoked_key {
    struct partner_id partner;
    char key[COALITION_KEY_TEXT_MAX];
    struct coalition_revoked_stream *streams; /* owned */
    size_t stream_count;
};

struct coalition_file {
    char coalition[LIMIT_COALITION_BYTES + 1];
    uint32_t epoch;
    char points_name[LIMIT_NAME_BYTES + 1];
    unsigned points_decimals;
    struct currency settlement_currency;
    unsigned settlement_decimals;
    bool is_multilateral;
    struct coalition_calendar calendar;
    unsigned required_signatures; /* at most as many as partners, where the file names them */
    struct coalition_tariff tariffs[LIMIT_TARIFFS];
    size_t tariff_count;
    struct coalition_promotion *promotions;
    size_t promotion_count; /* at least 1 */
    int64_t net_debit_minor;
    bool waits_at_cap;
    unsigned dispute_answer_s; /* 0: as charters have it */
    unsigned dispute_escalate_s;
    struct config_path *partners;           /* owned: the introductions, in the file's order */
    size_t partner_count;                   /* 0 when the file names none */
    struct coalition_departure *departures; /* owned */
    size_t departure_count;
    struct coalition_revoked_key *revoked; /* owned */
    size_t revoked_count;
};

/* On success the caller ends the value with coalition_file_fini. ERR_INPUT with a note that names
 * line and key, or what document_read_file says. */
MUST_USE enum err coalition_file_load(const char *path, struct coalition_file *out_coalition,
                                      struct note *note);
MUST_USE enum err coalition_file_parse(struct slice yaml, const char *name, const char *folder,
                                       struct coalition_file *out_coalition, struct note *note);
void coalition_file_fini(struct coalition_file *coalition);

#endif
