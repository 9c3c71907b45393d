/* How long a thread may keep a core that others wait for.
 *
 * Linux (6.12 and later, EEVDF) lets a thread ask for a shorter turn than the usual one of
 * milliseconds: it is at its turn again sooner, in smaller pieces, for the same share of the time.
 * That is what a node wants, whose work for a till takes microseconds: on a busy machine it doesn't
 * wait behind whole turns of others. Older kernels take it and change nothing.
 */
#ifndef BASE_TIME_SLICE_H
#define BASE_TIME_SLICE_H

/* For the calling thread, and for those that it starts from then on. A wish: where the kernel
 * doesn't grant it, all stays as it was. */
void time_slice_ask_short(void);

#endif
