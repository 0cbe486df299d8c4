/*
 * Stands in for the vendors of teachers: one loopback server that speaks Claude's
 * Messages API, OpenAI's Chat Completions and Responses and Gemini's
 * generateContent, streamed and whole, with the bodies the real ones send.  The
 * path of a request says which (…/messages, …/chat/completions, …/responses,
 * …:generateContent, …:streamGenerateContent).
 *
 * What becomes of a request is a *turn*, a JSON object; every member may be
 * absent, an unknown one ends the program:
 *
 *   text            what to say; absent: what is said always, else "NAME heard: " and the last user's text
 *   long            so many bytes of text, in one piece
 *   parts           instead of these, in order: {"text":…}, {"thought":…, "seal":…}, {"hidden": a sealed thought
 *                   without text}, {"call": a tool's name, "arguments":{…}, "id":…, "seal":…}
 *   finish          "stop", "length", "calls", "refused", "blocked" (the question is); absent: as parts say
 *   usage, done     false: no usage; no [DONE] (where the dialect has one)
 *   status          an error with the vendor's body for it; with `error` and `message` (the vendor's type or code,
 *                   its words), `retry_after` (seconds), `retry_date` (the same, as an HTTP date), `location`
 *   type, body      another Content-Type, other bytes instead of the answer
 *   how             breaks the answer: "hang", "cut" (closed), "reset", "end" (the body ends as if all were said),
 *                   "error" (the vendor's error event), "garbage" (an event that is none) ...
 *   after, bytes    ... after so many deltas, or bytes of the body; neither: instead of an answer
 *   piece, pause_ms the body goes out in pieces of so many bytes (events, when absent) with a pause between
 *   delay_ms        before the head
 *   crlf, pings     line ends of the other kind; comments and pings between the events
 *   gzip            the body compressed, though nobody asked
 *   whole           no stream, though one was asked for
 *   hold            the connection says nothing more after the answer, and stays
 *   times           so many requests get this turn
 *
 * Turns are used up in order; then every request gets the turn that is set for
 * `always`, at first the empty one.  Requests without the key KEY get 401 (Gemini:
 * 400) before any turn is used, and so do those the real vendor would refuse.
 *
 * By HTTP: POST /control/turns (an array), POST /control/always (a turn),
 * GET /control/requests (what came: method, target, headers, body), GET /control/state.
 */
#pragma once

#include <stdint.h>

#include "base/json.h"

#define FAKE_TEACHER_KEY "sk-test"

struct fake_teacher;

/* On a given port (0: any free one); NULL when it cannot be had. */
struct fake_teacher *fake_teacher_start(uint16_t port);
void fake_teacher_stop(struct fake_teacher *t);

/* http://127.0.0.1:PORT and the path; valid until the teacher stops, or 16 further calls. */
const char *fake_teacher_url(struct fake_teacher *t, const char *path);

/* JSON text: an array of turns, in place of those not yet used; a turn. */
void fake_teacher_turns(struct fake_teacher *t, const char *turns);
void fake_teacher_always(struct fake_teacher *t, const char *turn);

struct fake_teacher_request {
	char *method, *target;
	json_t *headers;       /* names in small letters */
	json_t *body;          /* NULL: no JSON */
};

/* Of questions that came, with or without a key; the i-th is valid until the teacher stops. */
size_t fake_teacher_requests(struct fake_teacher *t);
const struct fake_teacher_request *fake_teacher_request(struct fake_teacher *t, size_t i);

/* How many peers left before their answer was over; the second waits (five seconds at most) until that many have. */
size_t fake_teacher_hang_ups(struct fake_teacher *t);
bool fake_teacher_wait_hang_ups(struct fake_teacher *t, size_t count);
