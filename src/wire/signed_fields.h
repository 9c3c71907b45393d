/* The Signed envelope as a part of another message, between its generated form and ours. */
#ifndef WIRE_SIGNED_FIELDS_H
#define WIRE_SIGNED_FIELDS_H

#include "talea/v1/peer.pb-c.h"
#include "wire/fields.h"
#include "wire/signed.h"

/* The payload stays in the message's memory, bytes as they came. */
void field_signed(struct fields *fields, const char *field, const Talea__V1__Signed *m,
                  struct signed_message *out_message);
/* `out` borrows all of the envelope, which lives as long as it is used. */
void signed_to_wire(struct signed_message *message, Talea__V1__Signed *out);

#endif
