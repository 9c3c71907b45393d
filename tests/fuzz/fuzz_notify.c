/* notifications.yaml. What can be read is also filled in: every text of every kind and language. */
#include <string.h>

#include "config/notify_file.h"
#include "fuzz.h"

static void fill_all(const struct notify_file *file)
{
    for (unsigned kind = NOTIFY_WELCOME; kind < NOTIFY_KIND_END; kind++) {
        for (unsigned language = NOTIFY_ENGLISH; language < NOTIFY_LANGUAGE_END; language++) {
            struct notify_message message = {
                .kind = (enum notify_kind)kind, .points = points_of(21), .subject = "Gold"};
            struct notify_filling filling = {&message, "Ann", file->brand, points_of(-150), 2};
            struct buffer out = {0};
            notify_template_fill(
                notify_text(&file->texts, (enum notify_kind)kind, (enum notify_language)language),
                (enum notify_language)language, &filling, &out);
            ASSERT(out.err == ERR_OK);
            buffer_fini(&out);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct notify_file file;
    struct note note = {{0}};
    enum err err = notify_file_parse(slice_of(at, length), "n.yaml", ".", &file, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    ASSERT(file.webhook_count >= 1 && file.webhook_count <= LIMIT_NOTIFY_WEBHOOKS);
    for (size_t i = 0; i < file.webhook_count; i++) {
        ASSERT(file.webhooks[i].name[0] != '\0' && file.webhooks[i].kinds != 0);
        ASSERT(file.webhooks[i].delivery.batch >= 1);
    }
    fill_all(&file);
    notify_file_fini(&file);
    return 0;
}
