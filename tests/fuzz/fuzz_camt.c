/* A bank's statement. Whatever is taken has a day, a currency and a reference of the bank's. */
#include <string.h>

#include "bank/camt.h"
#include "fuzz.h"

static enum err look(void *context, const struct camt_booking *booking)
{
    size_t *count = context;
    (*count)++;
    ASSERT(strlen(booking->currency) == 3 && booking->bank_reference[0] != '\0');
    ASSERT(memchr(booking->reference, '\0', sizeof booking->reference) != NULL);
    ASSERT(memchr(booking->amount, '\0', sizeof booking->amount) != NULL);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct note note = {{0}};
    size_t count = 0;
    enum err err = camt_read(slice_of(at, length), look, &count, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
    }
    ASSERT(count <= LIMIT_BANK_FILE_BOOKINGS);
    return 0;
}
