/* Every bound of the system, by name. A loop, queue, message, batch, string or depth that grows
 * with what comes from outside is bounded by one of these. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Ledger. */
#define LIMIT_LOTS_PER_MEMBER      256u
#define LIMIT_LOTS_AS_GIVEN        32u /* of one member and partner; the ends of more are rounded */
#define LIMIT_LOTS_PER_PARTNER     96u /* of one member */
#define LIMIT_LOTS_PER_HOLD        64u
#define LIMIT_CARDS_PER_MEMBER     16u
#define LIMIT_REFERENCE_BYTES      64u   /* a brand's own customer or receipt number, without NUL */
#define LIMIT_NAME_BYTES           128u  /* a person's or brand's display name, without NUL */
#define LIMIT_SEALED_PROFILE_BYTES 512u  /* a member's personal data, enciphered */
#define LIMIT_SEALED_REMARK_BYTES  192u  /* what an office says of a member, enciphered */
#define LIMIT_DISPUTE_NOTE_BYTES   96u   /* what is said with a step of a dispute, without NUL */
#define LIMIT_REASON_BYTES         32u   /* a code of [A-Z0-9_], without NUL */
#define LIMIT_IDENTITY_BYTES       64u   /* who made or ruled an adjustment, without NUL */
#define LIMIT_DESK_BYTES           64u   /* a till's name or a cashier's, without NUL */
#define LIMIT_ALERT_BYTES          160u  /* what an alert is about, or found, without NUL */
#define LIMIT_MERGED_PER_MEMBER    16u   /* members that came together in one */
#define LIMIT_PRUNE_KEYS           1024u /* transactions forgotten by one record */
#define LIMIT_IDLE_MONTHS          120u
/* Accounts sum up what ever went through them: so that nobody can fill them up, one request moves
 * no more than this, and one partner gives our members no more than that, under one tariff. */
#define LIMIT_POINTS_PER_COMMAND INT64_C(1000000000000)
#define LIMIT_POINTS_PER_PARTNER INT64_C(1000000000000000)

/* Journal and engine. */
#define LIMIT_RECORD_BYTES       (1u << 20)
#define LIMIT_BATCH_RECORDS      8192u
#define LIMIT_BATCH_COMMANDS     8192u /* submitted together */
#define LIMIT_BATCH_BYTES        (16u << 20)
#define LIMIT_QUEUE_COMMANDS     65536u
#define LIMIT_EFFECTS_PER_RECORD 2048u
#define LIMIT_MEMTABLE_BYTES     (256u << 20) /* of rows that are not checkpointed */
#define LIMIT_LAG_ROWS           1700000u     /* that a start has to roll forward, about */

/* Store. */
#define LIMIT_CACHE_BYTES         (768u << 20) /* rows in memory that LMDB has as well */
#define LIMIT_SEALED_BATCHES      64u          /* not durable yet */
#define LIMIT_CHECKPOINT_BYTES    (512u << 10) /* of rows in one transaction; each may take a page */
#define LIMIT_ONCE_DIRTY_BYTES    (8u << 20) /* of transactions, of sales, before they are written */
#define LIMIT_STORE_MAP_BYTES     (UINT64_C(1) << 40) /* address space of an environment */
#define LIMIT_STORE_READERS       512u
#define LIMIT_STORE_ROW_BYTES     (2u << 20)
#define LIMIT_JOURNAL_BATCH_BYTES (32u << 20) /* with its table, hash and signature */
#define LIMIT_TRIM_BATCHES        64u         /* in one transaction */
#define LIMIT_VAULT_NOTES         128u        /* keys about to be destroyed at one time */
#define LIMIT_VAULT_KEYS          65536u      /* made by one call */

/* Between partners. */
#define LIMIT_PARTNERS             1000u
#define LIMIT_NETTING_BYTES        (64u << 20) /* of a period's net in memory */
#define LIMIT_NETTING_PAGES        16u         /* of it, asked of a partner in one turn */
#define LIMIT_PERIOD_RULES         16u         /* calendars of one charter, one after the other */
#define LIMIT_TIME_ZONE_BYTES      47u
#define LIMIT_APART_ENTRIES        16u /* of one half that each side sets apart */
#define LIMIT_APART_PART           8   /* of its points at most one part in so many, or one entry */
#define LIMIT_CLEARING_BATCH       1024u /* entries */
#define LIMIT_CLEARING_SHARE       256u /* the same, while the receiver is asked for holds as well */
#define LIMIT_CLEARING_ENTRY_BYTES 512u
#define LIMIT_CLEARING_BATCH_BYTES (1u << 20)
#define LIMIT_CLEARING_WINDOW      32u   /* batches sent and not yet receipted */
#define LIMIT_CLEARING_WAITING     8192u /* entries in them */
#define LIMIT_RECEIPTS_TOGETHER    8u    /* of one stream, on their way to the disk */
#define LIMIT_OUTBOX_RESERVE_PART  4u /* of the bound on waiting entries, beyond it: of promises */
#define LIMIT_SIGNED_BYTES         (1u << 20)
#define LIMIT_CARD_HOPS            8u    /* moves from home to home that one card number follows */
#define LIMIT_NEWS_PER_RECORD      256u  /* entries about cards that one record sends */
#define LIMIT_NEWS_LOOKS           4096u /* numbers of news that one record looks at */
#define LIMIT_CARDS_KNOWN          1000000u   /* of one partner, blocked or moved */
#define LIMIT_CHARTER_BYTES        (3u << 20) /* so that one fits into a message */
#define LIMIT_CHARTER_EPOCHS       4096u      /* kept by a node */
#define LIMIT_CHARTERS             16u        /* in one message */
#define LIMIT_CHARTER_FORKS        16u        /* kept as evidence */
#define LIMIT_RECEIPTS_BEHIND      1024u  /* kept for a sender that does not say that it has them */
#define LIMIT_OPENING_MS           10000u /* from a stream's beginning to its first message */
#define LIMIT_PEER_SEND_MS         10000u /* a partner that takes nothing for so long is cut off */
#define LIMIT_EVIDENCE_BYTES       (256u << 10)
#define LIMIT_EVIDENCE_PER_PARTNER 16u

/* Payments. */
#define LIMIT_BANK_FILE_BYTES    (64u << 20)
#define LIMIT_BANK_FILE_DEPTH    32u
#define LIMIT_BANK_FILE_BOOKINGS 200000u
#define LIMIT_BANK_TEXT_BYTES    1024u /* of one field that is read */
#define LIMIT_PAYMENTS_PER_FILE  1000u
#define LIMIT_BOOKINGS_PER_CALL  1000u
#define LIMIT_BOOKINGS           64u                         /* of one payment, by a bank */
#define LIMIT_BOOKING_MINOR      INT64_C(100000000000000000) /* of one, and of what a partner says */

/* Keys and certificates. */
#define LIMIT_KEY_FILE_BYTES     1024u
#define LIMIT_SEAL_OPERATIONS    16u
#define LIMIT_SEAL_MEMORY_KIB    (1u << 20)
#define LIMIT_PEM_BYTES          65536u
#define LIMIT_CHAIN_CERTIFICATES 8u
#define LIMIT_CERTIFICATE_HOSTS  16u

/* Programme. */
#define LIMIT_PENDING_DAYS     366u
#define LIMIT_EXPIRY_MONTHS    600u
#define LIMIT_RULES            8192u /* of one programme */
#define LIMIT_RULE_NAME_BYTES  64u
#define LIMIT_METRICS          256u
#define LIMIT_TIERS            16u
#define LIMIT_SEGMENTS         64u
#define LIMIT_SHOPPER_LISTS    64u   /* that one member is on */
#define LIMIT_LISTS            256u  /* static ones, of one brand */
#define LIMIT_GIVEN_ITEMS      1000u /* by one rule at once */
#define LIMIT_COUPONS          256u
#define LIMIT_COUPON_CODES     64u /* that one lists */
#define LIMIT_CODE_BYTES       64u
#define LIMIT_GIFT_CARDS       1000u /* that are issued by one call */
#define LIMIT_CAMPAIGNS        16u
#define LIMIT_OFFERS           64u /* of all campaigns of one programme */
#define LIMIT_OFFER_DAYS       366u
#define LIMIT_CONTROL_PERCENT  90u
#define LIMIT_SHOWN_CODES      16u /* with one basket or event */
#define LIMIT_GIVEN_CODES      12u /* of coupons, by one basket or event */
#define LIMIT_STEPS            64u /* of a percentage that follows a metric */
#define LIMIT_PRICED_ITEMS     1000u
#define LIMIT_TERM_MONTHS      1200u /* that something lasts which rules prolong */
#define LIMIT_TERM_DAYS        36600u
#define LIMIT_GOODS_SETS       4096u
#define LIMIT_GOODS_MEMBERS    1000000u     /* in all sets of a programme */
#define LIMIT_GOODS_TEXT_BYTES 64u          /* of a product, category or brand */
#define LIMIT_STANDING_NUMBERS 1024u        /* that a programme remembers of a member */
#define LIMIT_STANDING_OWNERS  32u          /* whose numbers one command changes */
#define LIMIT_STANDING_STEPS   512u         /* numbers that it changes */
#define LIMIT_JUDGED_BYTES     (128u << 10) /* how an occasion was judged, kept with it */
#define LIMIT_ROLLING_BUCKETS  92u
#define LIMIT_FRAUD_RULES      32u
#define LIMIT_FRAUD_HOURS      168u             /* of what a fraud rule counts in */
#define LIMIT_REVIEW_DAYS      90u              /* that points wait for a review */
#define LIMIT_LATE_DAYS        31u              /* that a till may tell of a purchase afterwards */
#define LIMIT_PROGRAMME_BYTES  (384u << 10)     /* of a version that is in force or was */
#define LIMIT_PROGRAMMES       1024u            /* versions that were activated */
#define LIMIT_RATIO_MANTISSA   INT64_C(1000000) /* of a factor or percentage */
#define LIMIT_RATIO_DECIMALS   4u

/* Personal offers. */
#define LIMIT_HISTORY_LINES 16000000u /* bought by all members together, looked at at once */
#define LIMIT_HISTORY_GOODS 262144u   /* different ones among them */
#define LIMIT_OFFER_MINOR   INT64_C(1000000000000) /* spent by one member in a campaign */
#define LIMIT_OFFER_MEMBERS 4000000u
#define LIMIT_OFFER_BATCH   256u  /* members that are given offers by one call */
#define LIMIT_OFFER_REASON  255u  /* bytes of why a member has an offer, without NUL */
#define LIMIT_PURCHASE_ROWS 4096u /* of the journal, looked at for one page of purchases */

/* Draws, surveys, goals. */
#define LIMIT_DRAWS         64u   /* of one programme */
#define LIMIT_DRAW_PRIZES   64u   /* kinds of them in one draw */
#define LIMIT_DRAW_WINNERS  1000u /* prizes and reserves in all */
#define LIMIT_DRAW_ENTRANTS 4000000u
#define LIMIT_DRAW_TICKETS  (UINT64_C(1) << 62) /* of all entrants of one draw */
#define LIMIT_DRAW_BYTES    (256u << 20)        /* of what is published of one */
#define LIMIT_SURVEYS       64u
#define LIMIT_SURVEY_DAYS   366u
#define LIMIT_COMMENT_BYTES 1000u
#define LIMIT_GOALS         64u
/* RPC. */
#define LIMIT_MESSAGE_BYTES         (4u << 20)
#define LIMIT_DISPUTE_FILE_BYTES    (64u << 20) /* of evidence: a batch for each step */
#define LIMIT_DISPUTE_DECODED_BYTES (256u << 20)
#define LIMIT_DECODED_BYTES         (16u << 20)  /* of one message, in its arena */
#define LIMIT_MESSAGE_DEPTH         16u          /* messages within messages */
#define LIMIT_CONCURRENT_STREAMS    512u         /* calls at once on one connection */
#define LIMIT_STREAMS_PER_PEER      8u           /* streaming calls at once of one partner's node */
#define LIMIT_LIVE_CALLS            8192u        /* unary calls at once on all connections */
#define LIMIT_WORKER_QUEUE          1024u        /* calls that wait for a worker */
#define LIMIT_TRANSPORT_BYTES       (512u << 20) /* buffers of all connections */
#define LIMIT_METADATA_BYTES        (8u << 10)
#define LIMIT_CALLERS_CACHED        256u /* connections whose identity is remembered */
#define LIMIT_DESCRIPTOR_FILES      256u
#define LIMIT_DESCRIPTOR_SYMBOLS    8192u
#define LIMIT_PAGE_ROWS             1000u
#define LIMIT_HISTORY_ROWS          10000u /* of one member, looked at by one call */
#define LIMIT_RECEIPT_ROWS          65536u /* of the journal, looked at for the receipt of one entry */

/* Commands in bulk, events. */
#define LIMIT_BATCH_ROOMS     8u         /* batches of unary calls under way at once */
#define LIMIT_BATCH_STREAMS   8u         /* streams of batches at once */
#define LIMIT_BATCH_WINDOW    3u         /* batches under way of one stream */
#define LIMIT_EVENTS          512u       /* in one message */
#define LIMIT_EVENTS_BYTES    (1u << 20) /* of one message in memory, about */
#define LIMIT_STATEMENT_LINES 1000u      /* in one page of a half */
#define LIMIT_EVENT_WATCHERS  32u

/* Office: pages, imports, returns. */
#define LIMIT_PAGE_BYTES           (2u << 20) /* a page ends early when it grows beyond */
#define LIMIT_RETURN_CANDIDATES    4096u      /* sales looked at for one returned line */
#define LIMIT_RETURN_SALES         1024u      /* sales that one return takes from */
#define LIMIT_RETURN_PARTS         4096u      /* of their lines that are named */
#define LIMIT_RETURNED_LINES       400u       /* of a sale, that one return gives back by line */
#define LIMIT_IMPORT_GROUP         512u       /* receipts made durable together */
#define LIMIT_IMPORT_GROUP_LINES   16384u
#define LIMIT_IMPORT_GROUP_MEMBERS 256u

/* Receipts. */
#define LIMIT_RECEIPT_LINES      1000u
#define LIMIT_CSV_FIELD_BYTES    65536u
#define LIMIT_CSV_COLUMNS        512u
#define LIMIT_CSV_ROW_BYTES      (1u << 20)
#define LIMIT_IMPORT_RECEIPTS    100000000u  /* remembered by one import of a grouped file */
#define LIMIT_IMPORT_SORT_BYTES  (32u << 20) /* of rows sorted in memory at a time */
#define LIMIT_IMPORT_RUNS        64u         /* sorted runs merged at a time */
#define LIMIT_IMPORT_PART_BYTES  (4u << 20)  /* of rows held for one receipt; more make a part */
#define LIMIT_IMPORT_CARDS_BYTES (1u << 31)  /* of a mapping's cards file in memory */
#define LIMIT_MAPPING_BYTES      (1u << 20)
#define LIMIT_MAPPING_VALUES     4096u /* in one list of a mapping */

/* Files that people write, and addresses. */
#define LIMIT_COALITION_BYTES       31u /* a coalition's name, without NUL */
#define LIMIT_CONFIG_FILE_BYTES     (1u << 20)
#define LIMIT_CONFIG_DEPTH          16u
#define LIMIT_CHECK_FAULTS          50u /* mistakes of one file that are told at once */
#define LIMIT_CONFIG_KEYS           65536u
#define LIMIT_CONFIG_KEY_PATH_BYTES 1023u /* "tls.certificate", without NUL */
#define LIMIT_CONFIG_VALUE_BYTES    4096u
#define LIMIT_PATH_BYTES            1023u /* of a file, without NUL */
#define LIMIT_HOST_BYTES            253u  /* RFC 1035, section 2.3.4 */
#define LIMIT_TARIFFS               64u
#define LIMIT_PROMOTIONS            64u
/* From a hold to the end of the time in which it may be captured; see also node/requests.c. */
#define LIMIT_HOLD_MS INT64_C(2678400000)
/* How long after a tariff began an entry may still come under the one before. */
#define LIMIT_TARIFF_GRACE_MS INT64_C(259200000)

/* Notifications. */
#define LIMIT_NOTIFY_WEBHOOKS       16u
#define LIMIT_NOTIFY_TEMPLATE_BYTES 1000u
#define LIMIT_NOTIFY_BATCH          100u  /* in one request */
#define LIMIT_NOTIFY_ROWS           4096u /* of the journal, looked at for one request */
#define LIMIT_NOTIFY_MEMBERS        1024u /* looked at for one request about what expires */
#define LIMIT_NOTIFY_SECRET_BYTES   512u
#define LIMIT_NOTIFY_URL_BYTES      1023u  /* without NUL */
#define LIMIT_NOTIFY_ASIDE          10000u /* of a webhook, kept in its file */
#define LIMIT_NOTIFY_ASIDE_BYTES    256u   /* of one of them */
#define LIMIT_NOTIFY_CURSOR_BYTES   1024u

/* Logs, metrics, HTTP. */
#define LIMIT_LOG_LINE_BYTES            4096u /* with the line feed; what a pipe takes in one piece */
#define LIMIT_LOG_FIELDS                32u
#define LIMIT_LOG_TEXT_BYTES            512u /* of one field, without NUL */
#define LIMIT_METRIC_FAMILIES           256u
#define LIMIT_METRIC_SERIES             1024u /* of one family */
#define LIMIT_METRIC_LABELS             4u
#define LIMIT_METRIC_LABEL_BYTES        127u
#define LIMIT_METRIC_BUCKETS            32u
#define LIMIT_METRICS_PAGE_BYTES        (8u << 20)
#define LIMIT_HTTP_CONNECTIONS          64u
#define LIMIT_HTTP_CONNECTIONS_PER_PEER 32u
#define LIMIT_HTTP_TIMEOUT_S            10u
#define LIMIT_HTTP_MEMORY_BYTES         32768u /* of one connection: request line and headers */
#define LIMIT_HTTP_ROUTES               64u
#define LIMIT_HTTP_BODY_BYTES           (1u << 20)

#endif
