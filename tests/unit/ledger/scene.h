/* A desk with some of everything, where every command has a way to be OK and one to each refusal.
 */
#ifndef LEDGER_SCENE_H
#define LEDGER_SCENE_H

#include "desk.h"

/* Of the changes of standings that are told. */
struct standing_flaws {
    bool is_unknown;
    bool is_erased;
    bool is_moved;
    bool is_limited;
    bool is_full;
};

struct scene {
    struct desk desk;
    struct buffer standing_groups; /* of the command that changes standings */
    struct standing_flaws standing_flaws;
    struct buffer apart_terms; /* of the command that sets entries apart */
    struct uid nobody;
    struct card_number no_card; /* of ours, and nobody's */
    struct uid rich;            /* 1000 points, in the pool */
    struct card_number rich_card;
    struct card_number blocked_card; /* one more of the same member */
    struct uid poor;                 /* a few points */
    struct card_number poor_card;
    struct uid blocked;
    struct card_number card_of_blocked;
    struct uid erased;
    struct uid merged; /* into the poor one */
    struct uid holder; /* has points on hold */
    struct uid second; /* in the pool, too */
    struct card_number second_card;
    struct uid spent; /* had 20 points, all captured */
    struct card_number spent_card;
    struct uid pool;
    struct uid hold;       /* 20 points of the rich one, open */
    struct uid hold_ended; /* 10 points captured */
    struct uid hold_spent; /* 10 of the spent one's */
    struct uid foreign;    /* 20 points of beta's member, open */
    struct uid foreign_ended;
    struct uid sale;  /* the rich one's, amount 10000, 100 points */
    struct uid given; /* the same to beta's member */
    struct card_number beta_card;
    struct uid advised;       /* beta gave the rich one 40 points */
    struct uid partner_hold;  /* beta's hold of 20, open */
    struct uid partner_ended; /* captured, 10 */
    struct uid partner_spent; /* captured, 10 of the spent one's */
    struct uid proposal;      /* for the spent one */
    struct uid proposal_ruled;
    struct uid proposal_late;
    struct uid proposal_of_erased;
    struct card_number gone_card;  /* its member moved to beta */
    struct card_number moved_card; /* beta's card of that member */
    struct uid gone;
    struct card_number beta_blocked; /* beta said so */
    struct card_number awaited;      /* beta's, by the poor one */
    struct uid merge;
    struct uid merge_ended;
    struct mandate given_mandate; /* to beta: 30 for one burn, 100 for all; 90 are used */
    struct mandate held_mandate;  /* of beta: likewise */
    struct uid stand_in;          /* at beta's member, 20 points, open */
    struct promotion promotion;   /* of scene_promote */
    struct uid block_offered;     /* to beta, 50 points */
    struct uid block_sold;        /* the same, live */
    struct uid block_bought;      /* of beta, live; one point is left, and it refuses more */
    /* Of scene_make_disputes: entries of beta. */
    uint64_t refused;
    uint64_t news;
    uint64_t disputable;
    struct uid disputable_sale;
    uint64_t disputed;
};

void scene_init(struct scene *scene);
void scene_fini(struct scene *scene);

/* As many lots as there is room for, none of which lasts for ever. */
void scene_fill_lots(struct scene *scene, const struct uid *member);
/* As many cards as a member may have. */
void scene_fill_cards(struct scene *scene, const struct uid *member);
void scene_freeze(struct scene *scene);
/* Of the brand's shops, for one point; both pay. */
void scene_promote(struct scene *scene, const struct partner_id *shop);
/* A member of ours moves to beta. */
/* Beta said that its card moved. */
void scene_hear_of_move(struct scene *s, const struct card_number *card,
                        const struct card_number *moved_to);
void scene_move_out(struct scene *scene, const struct card_number *card,
                    const struct card_number *new_card);
/* Of scene_command. */
void scene_make_disputes(struct scene *scene);
void scene_fill_dispute(struct scene *scene, struct command *command);
/* Of scene_init. */
void scene_make_moves(struct scene *scene);
/* Beta left: the streams with it ended before the period that is open. */
void scene_leave(struct scene *scene);
/* An entry from beta, next in its stream. */
struct command scene_entry(struct scene *scene, enum entry_kind kind, int64_t points);

/* A command of the kind that would be OK. */
struct command scene_command(struct scene *scene, enum command_kind kind);
/* Changes command or scene so that the verdict is due; false when there is no such case. */
bool provoke_dispute(struct scene *scene, struct command *command, enum verdict verdict);
bool provoke_dispute_entry(struct scene *scene, struct command *command, enum verdict verdict);
bool scene_provoke(struct scene *scene, struct command *command, enum verdict verdict);

/* Of scene_provoke, by the files that know the kinds. */
bool provoke_till(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_entry(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_mandate(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_card_entry(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_await(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_move(struct scene *s, struct command *c, enum verdict verdict);
/* Of scene_command. */
struct command scene_payment(struct scene *s, enum command_kind kind);
struct command scene_programme(struct scene *s);
struct command scene_guard(struct scene *s, enum command_kind kind);
struct command scene_standing(struct scene *s, enum command_kind kind);
/* So many numbers of slots that are sums. */
void scene_put_standing(struct scene *s, const struct standing_owner *owner, uint64_t first_slot,
                        size_t count);
bool provoke_standing(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_guard(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_pool_hold(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_pool_transfer(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_programme(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_payment(struct scene *s, struct command *c, enum verdict verdict);
/* Of scene_init. */
void scene_make_blocks(struct scene *s);
/* Of scene_command. */
void scene_fill_block(struct scene *s, struct command *c);
bool provoke_block_of_points(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_block_entry(struct scene *s, struct command *c, enum verdict verdict);
bool provoke_office(struct scene *s, struct command *c, enum verdict verdict);

#endif
