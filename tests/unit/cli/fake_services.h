/* The script of the fake node: what it answers to each call. */
#ifndef TEST_FAKE_SERVICES_H
#define TEST_FAKE_SERVICES_H

#include "fake_node.h"

/* Till, back office, admin. */
void fake_services(struct fake_node *node, struct rpc_service out_services[3]);

/* Notes the request. True when the call was refused instead, as the script says. */
bool fake_take(struct fake_node *node, struct rpc_call *call, const ProtobufCMessage *request);

extern const struct rpc_method fake_office_methods[];
extern const size_t fake_office_method_count;

#endif
