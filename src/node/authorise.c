/* Online authorisation: our till asks another home. The steps are in peer/abroad.h. */
#include <stdlib.h>

#include "base/waiting.h"
#include "node/metrics.h"
#include "node/partner_host.h"
#include "node/peers.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/abroad.h"
#include "wire/signed_message.h"

#define FAILED_PRECONDITION 9
#define UNAVAILABLE         14
#define TRY_MS_MIN          20

/* One request on its way to a home. */
struct abroad {
    struct node *node;
    struct rpc_call *call;
    struct command command;
    authorise_told *told;
    void *context;
    struct hold_request request;
    struct abroad_times times;
    int64_t ends_at_ms; /* monotonic: no answer is waited for any more */
    unsigned tries;
    bool was_connected; /* our stream to the home is up: what is asked gets there */
};

static void refuse_home_refusal(struct rpc_call *call, const struct hold_refusal *refusal)
{
    enum verdict verdict;
    if (verdict_parse(refusal->reason, &verdict) == ERR_OK && verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
    } else {
        refuse(call, FAILED_PRECONDITION, "REFUSED_BY_HOME", "The card's home refused: %s.",
               refusal->reason);
    }
}

static enum err verify_answer(const struct abroad *abroad, const ProtobufCMessage *reply,
                              struct abroad_answer *out_answer, struct note *note)
{
    const Talea__V1__AuthoriseHoldResponse *response =
        (const Talea__V1__AuthoriseHoldResponse *)(const void *)reply;
    struct signed_message answer;
    struct partner_host host;
    TRY(signed_of_message(response->answer, &answer));
    partner_host_begin(abroad->node, (struct ledger_view){0}, &host);
    enum err err = abroad_take_answer(&host.host, &abroad->request, &answer, out_answer, note);
    partner_host_end(&host);
    return err;
}

/* A grant is recorded with its bytes before the till hears of it. */
static enum err take_answer(struct abroad *abroad, const ProtobufCMessage *reply)
{
    struct abroad_answer answer;
    struct note note = {""};
    TRY(verify_answer(abroad, reply, &answer, &note));
    if (answer.is_granted) {
        abroad_use_grant(&answer, &abroad->command);
        abroad->told(abroad->node, abroad->call, &abroad->command, abroad->context);
    } else {
        node_count_authorisation(abroad->node->counters, &abroad->request.home,
                                 AUTHORISATION_REFUSED);
        refuse_home_refusal(abroad->call, &answer.refusal);
    }
    buffer_fini(&answer.evidence);
    return ERR_OK;
}

/* Nobody is asked any more: the mandate, or a refusal. */
static void end_without_home(struct abroad *abroad, bool was_asked, const char *why)
{
    const char *home = abroad->request.home.text;
    struct partner_host host;
    struct abroad_end end;
    enum err err = partner_host_open(abroad->node, &host);
    if (err == ERR_OK) {
        err = abroad_without_home(&host.host, &abroad->request, was_asked, &abroad->command, &end);
        partner_host_end(&host);
    }
    if (err != ERR_OK) {
        refuse_err(abroad->call, err, NULL);
    } else if (end.way == ABROAD_IS_REFUSED) {
        node_count_authorisation(abroad->node->counters, &abroad->request.home,
                                 AUTHORISATION_UNREACHABLE);
        refuse(abroad->call, UNAVAILABLE, "HOME_UNREACHABLE", "%s can't be asked now (%s). %s",
               home, why, verdict_describe(end.why)->sentence);
    } else {
        abroad->told(abroad->node, abroad->call, &abroad->command, abroad->context);
    }
}

static enum err ask_home(struct abroad *abroad);

/* The home did not answer this time. True: it is asked again. */
static bool asks_again(struct abroad *abroad)
{
    int64_t left_ms = abroad->ends_at_ms - clock_ms();
    return abroad->tries < ABROAD_TRIES && left_ms >= TRY_MS_MIN && ask_home(abroad) == ERR_OK;
}

static void take_silence(struct abroad *abroad, const struct rpc_status *status)
{
    bool was_refused_connection = status->code == UNAVAILABLE && !abroad->was_connected;
    peers_set_suspect(abroad->node->peers, &abroad->request.home, true);
    end_without_home(abroad, !was_refused_connection, status->message);
}

static void abroad_done(void *context, const struct rpc_status *status,
                        const ProtobufCMessage *reply)
{
    struct abroad *abroad = context;
    if (status->code == 0) {
        peers_set_suspect(abroad->node->peers, &abroad->request.home, false);
        enum err err = take_answer(abroad, reply);
        if (err != ERR_OK) {
            struct note note;
            note_set(&note, err, "The answer of %s can't be accepted.", abroad->request.home.text);
            refuse_err(abroad->call, err, &note);
        }
    } else if (!abroad_may_ask_again(status->code)) {
        refuse(abroad->call, UNAVAILABLE, "HOME_UNREACHABLE", "%s can't be asked now: %s",
               abroad->request.home.text, status->message);
    } else if (asks_again(abroad)) {
        return;
    } else {
        take_silence(abroad, status);
    }
    free(abroad);
}

/* The envelope's payload lives in `bytes`, which the caller frees. */
static enum err signed_request(const struct abroad *abroad, struct buffer *bytes,
                               struct signed_message *out_envelope)
{
    struct partner_host host;
    partner_host_begin(abroad->node, (struct ledger_view){0}, &host);
    enum err err = abroad_sign(&host.host, &abroad->request, bytes);
    partner_host_end(&host);
    TRY(err);
    return signed_decode(buffer_slice(bytes), out_envelope);
}

static enum err ask_home(struct abroad *abroad)
{
    struct rpc_client *client = peers_client(abroad->node->peers, &abroad->request.home);
    struct buffer bytes = {0};
    struct signed_message envelope;
    Talea__V1__Signed message;
    Talea__V1__AuthoriseHoldRequest request;
    talea__v1__authorise_hold_request__init(&request);
    int64_t left_ms = abroad->ends_at_ms - clock_ms();
    if (client == NULL) {
        return ERR_UNAVAILABLE;
    }
    if (left_ms <= 0) { /* to the client, no time would be no limit */
        return ERR_DEADLINE;
    }
    abroad->tries++;
    peers_note_asked(abroad->node->peers, &abroad->request.home);
    enum err err = signed_request(abroad, &bytes, &envelope);
    if (err == ERR_OK) {
        signed_to_message(&envelope, &message);
        request.request = &message;
        err = rpc_client_call_async(
            client, &talea__v1__peer_service__descriptor, "AuthoriseHold", &request.base,
            left_ms < abroad->times.try_ms ? left_ms : abroad->times.try_ms, abroad_done, abroad);
    }
    buffer_fini(&bytes);
    return err;
}

/* Has it ended before, or does a mandate end it now, since the home is known to be away? Then the
 * call is answered, or about to be. */
static enum err ends_at_once(struct abroad *abroad, bool *out_is_over)
{
    struct partner_host host;
    struct abroad_end end = {.way = ABROAD_IS_REFUSED};
    struct command stand_in = abroad->command;
    bool is_told = false;
    TRY(partner_host_open(abroad->node, &host));
    enum err err = abroad_is_told(&host.host, &abroad->command, &is_told);
    if (err == ERR_OK && !is_told && !abroad->was_connected) {
        err = abroad_without_home(&host.host, &abroad->request, false, &stand_in, &end);
    }
    partner_host_end(&host);
    TRY(err);
    *out_is_over = is_told || end.way == ABROAD_STANDS_IN;
    if (*out_is_over) {
        abroad->told(abroad->node, abroad->call, is_told ? &abroad->command : &stand_in,
                     abroad->context);
    }
    return ERR_OK;
}

/* True: `abroad` lives until its answer comes. */
static bool begin(struct abroad *abroad)
{
    bool is_over = false;
    enum err err = ends_at_once(abroad, &is_over);
    if (err == ERR_OK && !is_over) {
        err = ask_home(abroad);
        if (err == ERR_OK) {
            return true;
        }
        if (err == ERR_UNAVAILABLE) {
            end_without_home(abroad, false, "there is no connection");
            return false;
        }
    }
    if (err != ERR_OK) {
        refuse_err(abroad->call, err, NULL);
    }
    return false;
}

void authorise_abroad(struct node *node, struct rpc_call *call, const struct command *command,
                      authorise_told *told, void *context)
{
    struct abroad *abroad = calloc(1, sizeof *abroad);
    struct partner_host host;
    if (abroad == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    partner_host_begin(node, (struct ledger_view){0}, &host);
    *abroad = (struct abroad){
        .node = node,
        .call = call,
        .command = *command,
        .told = told,
        .context = context,
        .request = abroad_request(&host.host, command),
    };
    partner_host_end(&host);
    struct peer_reach reach = peers_reach(node->peers, &abroad->request.home);
    abroad->times = abroad_times(rpc_call_time_left_ms(call), reach.is_suspect);
    abroad->ends_at_ms = clock_ms() + abroad->times.all_ms;
    abroad->was_connected = reach.is_connected;
    if (command->hold.points.minor <= 0) {
        refuse_verdict(call, VERDICT_POINTS_NOT_POSITIVE);
    } else if (begin(abroad)) {
        return;
    }
    free(abroad);
}
