/* The parts of the commands' stored bodies. Internal to the module. */
#ifndef LEDGER_COMMAND_CODEC_H
#define LEDGER_COMMAND_CODEC_H

#include "ledger/command.h"

/* Bodies of the kinds from COMMAND_TRANSFER on but COMMAND_UNBLOCK_CARD; without the version. */
void command_write_office(struct buffer *out, const struct command *command);
/* Sticks to the reader's error. */
void command_read_office(struct reader *in, struct command *command);
/* What is said of a dispute is its whole body. */
void write_dispute(struct buffer *out, const struct command_dispute *dispute);
/* Bodies of the kinds of recoveries. */
void command_write_recovery(struct buffer *out, const struct command *command);
void command_read_recovery(struct reader *in, struct command *command);
/* Bodies of the kinds about standings, and what is said in them. */
void command_write_standing(struct buffer *out, const struct command *command);
void command_read_standing(struct reader *in, struct command *command);
void said_standing(struct buffer *out, const struct command *command);
/* Bodies of the kinds about pools' rights and alerts, and what is said in them. */
void command_write_guard(struct buffer *out, const struct command *command);
void command_read_guard(struct reader *in, struct command *command);
void said_guard(struct buffer *out, const struct command *command);
/* Bodies of the kinds about payments. */
void command_write_payment(struct buffer *out, const struct command *command);
void command_read_payment(struct reader *in, struct command *command);

#endif
