/* Memory that is looked at here and there: in huge pages where the system has them, since each look
 * at a page that the processor has not looked up lately costs as much as the memory itself. */
#ifndef STORE_PAGES_H
#define STORE_PAGES_H

#include <stddef.h>

#define PAGES_ALIGN 64u

/* As malloc, aligned to PAGES_ALIGN; for free() to take back. What is small is plain memory. */
void *pages_take(size_t size);

#endif
