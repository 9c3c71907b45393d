/* What will happen, soonest first; of two at one time the one that was planned first. */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include <stdint.h>

#include "base/bytes.h"

enum sim_event_kind {
    SIM_EVENT_MESSAGE,
    SIM_EVENT_OP,    /* a till tries (again) */
    SIM_EVENT_ASKED, /* the deadline of a question to a home */
    SIM_EVENT_START, /* a node */
    SIM_EVENT_DIAL,  /* a session connects */
    SIM_EVENT_WATCH, /* a connection may be dead */
    SIM_EVENT_TICK,  /* of a node */
    SIM_EVENT_SHOWN, /* the deadline of a question what a partner holds */
    SIM_EVENT_EPOCH, /* a node hears of one */
    SIM_EVENT_MEND   /* a fault ends */
};

enum sim_message_kind {
    SIM_MESSAGE_OPEN,     /* the first ClearRequest of a call */
    SIM_MESSAGE_REQUEST,  /* ClearRequest */
    SIM_MESSAGE_RESPONSE, /* ClearResponse */
    SIM_MESSAGE_END,      /* of a clearing call */
    SIM_MESSAGE_ASK,      /* AuthoriseHoldRequest */
    SIM_MESSAGE_ANSWER,   /* AuthoriseHoldResponse, or an error */
    SIM_MESSAGE_ACCEPT,   /* AcceptMoveRequest */
    SIM_MESSAGE_ACCEPTED, /* AcceptMoveResponse */
    SIM_MESSAGE_STATEMENT,
    SIM_MESSAGE_STATEMENT_ANSWER,
    SIM_MESSAGE_FETCH, /* FetchMandateRequest */
    SIM_MESSAGE_MANDATES,
    SIM_MESSAGE_COMPARE,  /* CompareStreamsRequest */
    SIM_MESSAGE_HOLDINGS, /* CompareStreamsResponse */
    SIM_MESSAGE_RECOVER,  /* RecoverPageRequest */
    SIM_MESSAGE_PAGE      /* RecoverPageResponse */
};

struct sim_event {
    int64_t at;
    uint64_t order;
    enum sim_event_kind kind;
    unsigned node; /* where */
    unsigned from;
    uint64_t number; /* connection, call, op, fault */
    enum sim_message_kind message;
    bool is_foul;   /* a lie that must not be believed */
    uint8_t *bytes; /* the event's own */
    size_t length;
};

struct sim_events {
    struct sim_event *heap;
    size_t count;
    size_t room;
    uint64_t order;
};

void sim_events_fini(struct sim_events *events);
/* Takes `event.bytes` over. */
void sim_events_add(struct sim_events *events, struct sim_event event);
bool sim_events_take(struct sim_events *events, int64_t until, struct sim_event *out_event);

#endif
