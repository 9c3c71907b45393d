/* The generated form of introductions; inside this module. */
#ifndef CHARTER_INTRODUCTION_WIRE_H
#define CHARTER_INTRODUCTION_WIRE_H

#include "charter/introduction.h"
#include "talea/v1/charter.pb-c.h"
#include "wire/fields.h"

/* Checks as introduction_open does. The texts stay in the message's memory. */
enum err introduction_from_wire(const Talea__V1__PartnerIntroduction *m,
                                struct introduction *out_introduction, struct note *note);
/* ERR_INPUT also for a point that no honest key has. */
void field_public_key(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                      struct public_key *out_key);
/* A name that people read: printable, not empty, at most LIMIT_NAME_BYTES. */
void field_display_name(struct fields *fields, const char *field, const char *text);

#endif
