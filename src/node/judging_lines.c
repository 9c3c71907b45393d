#include "node/judging_lines.h"

#include <inttypes.h>
#include <stdlib.h>

#include "node/given_items.h"
#include "node/judging_groups.h"
#include "node/node.h"
#include "node/shopper.h"
#include "programme/coupon.h"
#include "programme/kept_return.h"
#include "programme/returned_lines.h"

#define REST_BYTES (8u << 20)

void lines_rest_fini(struct lines_rest *rest)
{
    buffer_fini(&rest->groups);
    buffer_fini(&rest->remarks);
    buffer_fini(&rest->evidence);
}

struct hash judging_lines_said(const struct line_back *lines, size_t count, struct money amount)
{
    struct hasher hasher;
    uint8_t bytes[8];
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    put_u64_be(bytes, (uint64_t)amount.minor);
    hasher_add(&hasher, slice_of(bytes, sizeof bytes));
    for (size_t i = 0; i < count; i++) {
        put_u64_be(bytes, lines[i].line);
        hasher_add(&hasher, slice_of(bytes, sizeof bytes));
        put_u64_be(bytes, (uint64_t)lines[i].quantity_milli);
        hasher_add(&hasher, slice_of(bytes, sizeof bytes));
    }
    return hasher_finish(&hasher);
}

/* One return: what came back before, and with it. */
struct returning {
    struct node *node;
    const struct programme_version *version;
    struct kept_case kept;
    struct arena *arena;
    int64_t *before; /* of each line */
    int64_t *after;
    struct judgement whole;
    struct note *note;
};

static enum err read_before(struct returning *r, const struct uid *id)
{
    struct standing_owner owner = standing_of_sale(id);
    struct standing_row *row;
    TRY(readers_standing(r->node->readers, &owner, &row));
    struct standing standing = standing_of_row(row);
    for (size_t i = 0; i < r->kept.occasion.line_count; i++) {
        r->before[i] = standing_value(&standing, returned_lines_slot(), (int64_t)i + 1);
        r->after[i] = r->before[i];
    }
    free(row);
    return ERR_OK;
}

static enum err add_line(struct returning *r, const struct line_back *back)
{
    size_t count = r->kept.occasion.line_count;
    if (back->line == 0 || back->line > count) {
        return note_set(r->note, ERR_INPUT, "line %" PRIu32 ": the purchase has %zu lines",
                        back->line, count);
    }
    int64_t *after = &r->after[back->line - 1];
    int64_t left = returned_lines_whole(&r->kept.occasion.lines[back->line - 1]) - *after;
    int64_t more = back->quantity_milli == 0 ? left : back->quantity_milli;
    if (left == 0) {
        return note_set(r->note, ERR_INPUT, "line %" PRIu32 " has come back already", back->line);
    }
    if (more < 0 || more > left) {
        return note_set(r->note, ERR_INPUT,
                        "line %" PRIu32 ": %" PRId64 ".%03" PRId64 " of it can come back, no more",
                        back->line, left / 1000, left % 1000);
    }
    *after += more;
    return ERR_OK;
}

static enum err write_remarks(const struct returning *r, const struct uid *id,
                              struct standing_step *steps, struct buffer *out)
{
    struct standing_owner owner = standing_of_sale(id);
    size_t count = 0;
    for (size_t i = 0; i < r->kept.occasion.line_count; i++) {
        if (r->after[i] != r->before[i] && count == LIMIT_RETURNED_LINES) {
            return note_set(r->note, ERR_INPUT, "at most %u lines come back at once",
                            LIMIT_RETURNED_LINES);
        }
        if (r->after[i] != r->before[i]) {
            steps[count++] = (struct standing_step){.how = STANDING_SET,
                                                    .slot = returned_lines_slot(),
                                                    .bucket = (int64_t)i + 1,
                                                    .before = r->before[i],
                                                    .after = r->after[i]};
        }
    }
    standing_write_group(out, &owner, steps, count);
    return out->err;
}

/* Judged as it was it must come to what was given: then so will the rest. */
static enum err check_whole(struct returning *r)
{
    const struct judgement *whole = &r->whole;
    TRY(shopper_add_birthday(r->node, r->version, &r->kept.occasion.shopper));
    TRY(judge(r->version->rules, &r->kept.standing, &r->kept.occasion, false, r->arena, &r->whole,
              r->note));
    return whole->points.minor == r->kept.points.minor &&
                   whole->discount.minor == r->kept.discount.minor
               ? ERR_OK
               : note_set(r->note, ERR_UNSUPPORTED,
                          "judged again the purchase would get something else, as a birthday that "
                          "it went by is another one now: return it by amount");
}

/* Is the code in use? */
static enum err look_at_code(struct returning *r, const struct ledger_view *view, struct slice name,
                             struct slice code, struct standing_row *row, bool *out_is_used)
{
    const struct rules_text *text = rules_text(r->version->rules);
    uint16_t coupon = coupon_issued_as(text, name);
    struct standing_owner owner = judging_code_owner(code);
    if (coupon == NO_COUPON) {
        return ERR_CORRUPT;
    }
    TRY(standing_get_row(view, &owner, row));
    struct standing standing = standing_of_row(row);
    *out_is_used = coupon_is_used(&text->coupons[coupon], &standing);
    return ERR_OK;
}

static enum err read_item(struct returning *r, const struct ledger_view *view,
                          struct standing_row *row, const struct kept_item *given,
                          struct sold_item *out_item)
{
    struct slice *codes = arena_alloc(r->arena, (given->code_count + 1) * sizeof *codes);
    *out_item = (struct sold_item){.given = *given};
    out_item->given.codes = codes;
    if (codes == NULL) {
        return ERR_RESOURCE;
    }
    size_t unused = given->code_count;
    for (size_t i = given->code_count; i > 0; i--) {
        bool is_used;
        TRY(look_at_code(r, view, given->name, given->codes[i - 1], row, &is_used));
        codes[is_used ? out_item->used++ : --unused] = given->codes[i - 1];
    }
    return ERR_OK;
}

/* What it gave, and which codes of that were used. */
static enum err read_items(struct returning *r, struct sold_item **out_items)
{
    struct sold_item *items = arena_alloc(r->arena, (r->kept.item_count + 1) * sizeof *items);
    struct standing_row *row = malloc(sizeof *row);
    struct state_reader *reader = NULL;
    enum err err = items == NULL || row == NULL ? ERR_RESOURCE : ERR_OK;
    err = err == ERR_OK ? readers_take(r->node->readers, &reader) : err;
    for (size_t i = 0; err == ERR_OK && i < r->kept.item_count; i++) {
        struct ledger_view view = state_reader_view(reader);
        err = read_item(r, &view, row, &r->kept.items[i], &items[i]);
    }
    if (reader != NULL) {
        readers_give(r->node->readers, reader);
    }
    free(row);
    *out_items = items;
    return err;
}

/* What was left until now. */
static enum err judge_before(struct returning *r, struct judgement *out_judgement)
{
    struct occasion left;
    bool is_whole = true;
    for (size_t i = 0; i < r->kept.occasion.line_count; i++) {
        is_whole = is_whole && r->before[i] == 0;
    }
    if (is_whole) {
        *out_judgement = r->whole;
        return ERR_OK;
    }
    TRY(returned_lines_rest(&r->kept.occasion, r->before, r->arena, &left));
    return judge(r->version->rules, &r->kept.standing, &left, false, r->arena, out_judgement,
                 r->note);
}

static enum err write_evidence(struct returning *r, const struct judgement *rest,
                               struct lines_rest *out_rest)
{
    const struct rules_text *text = rules_text(r->version->rules);
    struct kept_return kept = {.programme = r->kept.programme};
    struct judgement before;
    struct kept_back *lines =
        arena_alloc(r->arena, (r->kept.occasion.line_count + 1) * sizeof *lines);
    if (lines == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < r->kept.occasion.line_count; i++) {
        if (r->after[i] != r->before[i]) {
            lines[kept.line_count++] =
                (struct kept_back){(uint32_t)i + 1, r->before[i], r->after[i]};
        }
    }
    kept.lines = lines;
    TRY(judge_before(r, &before));
    TRY(kept_return_compare(&before, rest, text->rule_count, r->arena, &kept));
    kept_return_encode(&kept, &out_rest->evidence);
    out_rest->whole = r->whole.changes;
    out_rest->left = before.changes;
    return out_rest->evidence.err;
}

static enum err judge_rest(struct returning *r, struct judging_case *judged, struct slice groups,
                           const struct sale *sale, struct lines_rest *rest)
{
    const struct standing *standing = &r->kept.standing;
    struct sold_item *items;
    judged->has_owner = judging_groups_owner(groups, &judged->owner);
    TRY(returned_lines_rest(&r->kept.occasion, r->after, &judged->arena, &judged->occasion));
    rest->is_all = judged->occasion.line_count == 0;
    rest->amount = money_of(sale->amount.minor - sale->returned.minor);
    if (rest->is_all) {
        return ERR_OK;
    }
    TRY(judge(r->version->rules, standing, &judged->occasion, false, &judged->arena,
              &judged->judgement, r->note));
    TRY(read_items(r, &items));
    judged->sold = items;
    judged->sold_count = r->kept.item_count;
    TRY(judging_write_groups(judged, standing, standing, r->note));
    TRY(given_keep_cards(r->version, &r->kept, &judged->judgement, groups, &judged->groups));
    int64_t worth = judged->judgement.gross.minor - judged->judgement.discount.minor;
    rest->amount.minor = rest->amount.minor > worth ? rest->amount.minor - worth : 0;
    rest->kept = judged->judgement.points.minor < sale->points.minor ? judged->judgement.points
                                                                     : sale->points;
    rest->groups = judged->groups;
    judged->groups = (struct buffer){0};
    return ERR_OK;
}

enum err judging_lines_rest(struct node *node, const struct snapshot *snapshot,
                            const struct uid *id, const struct sale *sale,
                            const struct command_standing *change, const struct line_back *lines,
                            size_t count, struct arena *arena, struct lines_rest *out_rest,
                            struct note *note)
{
    struct returning r = {.node = node, .arena = arena, .note = note};
    TRY(kept_case_decode(change->evidence, arena, &r.kept));
    r.version = programmes_find(snapshot->programmes, r.kept.programme);
    if (r.version == NULL || r.version->rules == NULL) {
        return note_set(note, ERR_CORRUPT, "the programme that it was judged by is not kept");
    }
    size_t bytes = (r.kept.occasion.line_count + 1) * sizeof(int64_t);
    struct standing_step *steps = arena_alloc(arena, LIMIT_RETURNED_LINES * sizeof *steps);
    r.before = arena_alloc(arena, bytes);
    r.after = arena_alloc(arena, bytes);
    if (steps == NULL || r.before == NULL || r.after == NULL) {
        return ERR_RESOURCE;
    }
    TRY(read_before(&r, id));
    for (size_t i = 0; i < count; i++) {
        TRY(add_line(&r, &lines[i]));
    }
    TRY(check_whole(&r));
    TRY(write_remarks(&r, id, steps, &out_rest->remarks));
    struct judging_case judged = {.purpose = JUDGING_SALE,
                                  .snapshot = snapshot,
                                  .version = r.version,
                                  .id = *id,
                                  .kept = r.kept};
    arena_init(&judged.arena, REST_BYTES);
    enum err err = judge_rest(&r, &judged, change->groups, sale, out_rest);
    err = err == ERR_OK ? write_evidence(&r, &judged.judgement, out_rest) : err;
    judging_fini(&judged);
    return err;
}
