/* What C core and OpenSSL hold once for the whole process: C core's life, its log, and the floor of
 * TLS 1.3.
 *
 * C core 1.51 sets TLS 1.2 as its minimum and its C API has no way to change that, so the floor is
 * set below it, in OpenSSL's own configuration ("system_default", config(5), SSL_CONF_cmd(3)). It
 * holds for every TLS context that OpenSSL makes in this process.
 *
 * Thread rule: any thread.
 */
#ifndef RPC_RUNTIME_H
#define RPC_RUNTIME_H

#include "base/error.h"

/* Starts C core when it does not run yet. Each success needs one runtime_release. */
MUST_USE enum err runtime_acquire(struct note *note);
void runtime_release(void);

typedef void runtime_log_line(void *context, const char *line);
/* Where C core's log goes from now on; NULL drops it. The last one set wins. */
void runtime_set_log(runtime_log_line *log_line, void *context);
/* Drops the log's target when it still is this one. */
void runtime_clear_log(runtime_log_line *log_line, void *context);

#endif
