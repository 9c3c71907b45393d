/* Every bound of the system, by name. A loop, queue, message, batch, string or depth that grows
 * with what comes from outside is bounded by one of these. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Ledger. */
#define LIMIT_LOTS_PER_MEMBER    256u
#define LIMIT_LOTS_PER_HOLD      64u
#define LIMIT_CARDS_PER_MEMBER   16u
#define LIMIT_REFERENCE_BYTES    64u  /* a brand's own customer or receipt number, without NUL */
#define LIMIT_NAME_BYTES         128u /* a person's or brand's display name, without NUL */
#define LIMIT_POINTS_PER_COMMAND INT64_C(1000000000000000)

/* Journal and engine. */
#define LIMIT_RECORD_BYTES          (1u << 20)
#define LIMIT_BATCH_RECORDS         8190u
#define LIMIT_BATCH_BYTES           (16u << 20)
#define LIMIT_QUEUE_COMMANDS        16384u
#define LIMIT_EFFECTS_PER_RECORD    2048u
#define LIMIT_MEMTABLE_BYTES        (256u << 20)

/* Between partners. */
#define LIMIT_PARTNERS              1000u
#define LIMIT_CLEARING_BATCH        1024u /* entries */
#define LIMIT_CLEARING_ENTRY_BYTES  512u
#define LIMIT_CLEARING_BATCH_BYTES  (1u << 20)
#define LIMIT_CLEARING_WINDOW       8u /* batches sent and not yet receipted */
#define LIMIT_SIGNED_BYTES          (1u << 20)
#define LIMIT_CHARTER_BYTES         (4u << 20)

/* RPC. */
#define LIMIT_MESSAGE_BYTES         (4u << 20)
#define LIMIT_DECODED_BYTES         (16u << 20) /* of one message, in its arena */
#define LIMIT_CONCURRENT_STREAMS    512u
#define LIMIT_PAGE_ROWS             1000u

/* Receipts. */
#define LIMIT_RECEIPT_LINES         1000u
#define LIMIT_CSV_FIELD_BYTES       65536u
#define LIMIT_CSV_COLUMNS           512u
#define LIMIT_CSV_ROW_BYTES   (1u << 20)
#define LIMIT_IMPORT_RECEIPTS 100000000u /* remembered by one import of a grouped file */
#define LIMIT_IMPORT_SORT_BYTES (32u << 20) /* of rows sorted in memory at a time */
#define LIMIT_IMPORT_RUNS     64u /* sorted runs merged at a time */
#define LIMIT_IMPORT_PART_BYTES (4u << 20) /* of rows held for one receipt; more make a part */
#define LIMIT_IMPORT_CARDS_BYTES (1u << 31) /* of a mapping's cards file in memory */
#define LIMIT_MAPPING_BYTES   (1u << 20)
#define LIMIT_MAPPING_VALUES  4096u /* in one list of a mapping */

#endif
