/* The fake teacher's answer to a question, as the bytes that go out. */
#pragma once

#include "support/scripted_server.h"
#include "support/teacher/dialect.h"

/* Fills the reply, whose texts point into `storage`. */
void teacher_answer(const struct teacher_dialect *dialect, const struct teacher_question *q, const struct turn *turn,
	struct scripted_reply *reply, struct buf *storage);

/* An error that no turn asked for. */
void teacher_refuse(const struct teacher_dialect *dialect, const struct teacher_error *error,
	struct scripted_reply *reply, struct buf *storage);

/* Some JSON, whose reference is taken. */
void teacher_tell(int status, json_t *body, struct scripted_reply *reply, struct buf *storage);

/* Appends `bytes` as a gzip file, not made smaller: https://www.rfc-editor.org/rfc/rfc1952 */
void gzip_store(struct buf *out, struct str bytes);
