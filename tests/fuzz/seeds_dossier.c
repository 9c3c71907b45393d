/* seeds_dossier FOLDER: a stream's file that is whole, and ones that are signed and wrong; SUMS; a
 * net's file, a payment's, a receipt. */
#include <stdio.h>

#include "dossier/sums_file.h"
#include "samples.h"
#include "seeds.h"

static void write_stream(const char *folder, const char *name, struct sample_fault fault)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    sample_stream(&fault, &bytes);
    seed_write_choice(folder, "dossier", name, 0, buffer_slice(&bytes));
}

static void write_sums(const char *folder)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    struct hash sum = {{1, 2, 3}};
    sums_line_write(&text, "charters/0000000001.talea", &sum);
    sums_line_write(&text, "streams/fuel.grocer.stream", &sum);
    seed_write_choice(folder, "dossier", "sums", 2, buffer_slice(&text));
}

static void write_others(const char *folder)
{
    CLEANUP(buffer_fini) struct buffer net = {0};
    CLEANUP(buffer_fini) struct buffer payment = {0};
    CLEANUP(buffer_fini) struct buffer receipt = {0};
    CLEANUP(buffer_fini) struct buffer evidence = {0};
    struct charter_chain chain;
    sample_chain(&chain);
    sample_net(&chain, &net);
    sample_payment(&payment);
    sample_receipt(&receipt);
    sample_evidence(&evidence);
    seed_write_choice(folder, "dossier", "net", 3, buffer_slice(&net));
    seed_write_choice(folder, "dossier", "payment", 4, buffer_slice(&payment));
    seed_write_choice(folder, "dossier", "receipt", 5, buffer_slice(&receipt));
    seed_write_choice(folder, "dossier", "evidence", 6, buffer_slice(&evidence));
    charter_chain_fini(&chain);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    const char *folder = argv[1];
    write_stream(folder, "stream", (struct sample_fault){0});
    write_stream(folder, "stream-total", (struct sample_fault){.total_more = 1});
    write_stream(folder, "stream-epoch", (struct sample_fault){.receipt_epoch = 2});
    write_stream(folder, "stream-period", (struct sample_fault){.mark_period = 202610});
    write_stream(folder, "stream-signer", (struct sample_fault){.receipt_signer = 2});
    write_sums(folder);
    write_others(folder);
    return 0;
}
