/* Answers of Chat Completions, in the shapes of all who send them. */
#include "dialogue.h"
#include "support/random.h"

#define CHUNK(delta) "{'id':'c1','object':'chat.completion.chunk','choices':[{'index':0,'delta':" delta \
	",'finish_reason':null}]}\n"
#define REASON(why) "{'id':'c1','choices':[{'index':0,'delta':{},'finish_reason':'" why "'}]}\n"
#define USAGE "{'id':'c1','choices':[],'usage':{'prompt_tokens':9,'completion_tokens':4,'total_tokens':13," \
	"'prompt_tokens_details':{'cached_tokens':5},'completion_tokens_details':{'reasoning_tokens':2}}}\n"
#define DONE "[DONE]\n"
#define COUNTED " 9+4 cached 5 written 0 thought 2)"
#define UNCOUNTED " 0+0 cached 0 written 0 thought 0)"

/* ---- text ---- */

TEST(text_comes_as_it_is_sent)
{
	expect_heard("vllm", "m", CHUNK("{'role':'assistant','content':''}") CHUNK("{'content':'Hel'}")
		CHUNK("{'content':'lö'}")
		CHUNK("{}") REASON("stop") USAGE DONE, "text(Hel) text(lö) end(stop" COUNTED);
}

static bool keep_usage(void *user, const struct delta *d, struct error *err)
{
	(void)err;
	if (d->kind == DELTA_END)
		*(struct usage *)user = d->usage;
	return true;
}

TEST(an_answer_without_usage_ends_with_done)
{
	expect_heard("ollama", "m", CHUNK("{'content':'a'}") REASON("stop") DONE, "text(a) end(stop" UNCOUNTED);
	expect_heard("ollama", "m", CHUNK("{'content':'a'}") DONE, "text(a) end(stop" UNCOUNTED);
}

TEST(an_answer_without_done_ends_with_its_reason_and_the_bytes)
{
	expect_heard("compatible", "m", CHUNK("{'content':'a'}") REASON("length"), "text(a) end(length" UNCOUNTED);
}

TEST(an_answer_that_just_stops_is_cut)
{
	expect_failure("compatible", "m", CHUNK("{'content':'abc'}"), "text(abc)", ERROR_UNAVAILABLE,
		"cut after 3 characters");
}

TEST(usage_may_come_in_the_last_chunk_or_before_it_or_in_all)
{
	expect_heard("mistral", NULL, CHUNK("{'content':'a'}") "{'choices':[{'index':0,'delta':{'content':''},"
		"'finish_reason':'stop'}],'usage':{'prompt_tokens':1,'completion_tokens':2}}\n" DONE,
		"text(a) end(stop 1+2 cached 0 written 0 thought 0)");
	expect_heard("compatible", "m", USAGE CHUNK("{'content':'a'}") REASON("stop") DONE, "text(a) end(stop" COUNTED);
	expect_heard("vllm", "m", "{'choices':[{'index':0,'delta':{'content':'a'}}],'usage':{'prompt_tokens':9,"
		"'completion_tokens':1}}\n" REASON("stop") USAGE DONE, "text(a) end(stop" COUNTED);
}

/* What an OpenRouter's answer with such a usage says it cost, in micro-dollars; -1: nothing. */
static int64_t cost_of(const char *provider, const char *usage)
{
	own_mem char *text = mem_printf("data: {'choices':[{'index':0,'delta':{'content':'a'},'finish_reason':'stop'}],"
		"'usage':{'prompt_tokens':1,'completion_tokens':2%s}}\n\ndata: [DONE]\n\n", usage);
	own_mem char *bytes = quoted(text);
	struct usage said = {0};
	struct error err = {0};
	own_provider_stream *s = provider_stream_create(provider_find(provider), keep_usage, &said);

	assert_ok(provider_stream_feed(s, str_of(bytes), &err));
	return said.costed ? (int64_t)said.cost : -1;
}

TEST(what_openrouter_says_an_answer_cost_is_read)
{
	assert_int_equal(cost_of("openrouter", ",'cost':0.0012345"), 1235);
	assert_int_equal(cost_of("openrouter", ",'cost':0"), 0);
	assert_int_equal(cost_of("openrouter", ""), -1);
	assert_int_equal(cost_of("openrouter", ",'cost':0.001,'is_byok':true,"
		"'cost_details':{'upstream_inference_cost':0.02}"), 21000);
	assert_int_equal(cost_of("openrouter", ",'cost':0.001,'is_byok':false,"
		"'cost_details':{'upstream_inference_cost':0.001}"), 1000);
	static const char *const odd[] = { ",'cost':-1", ",'cost':1e30", ",'cost':'1'", ",'cost':null" };
	for (size_t i = 0; i < countof(odd); i++)
		assert_int_equal(cost_of("openrouter", odd[i]), -1);
	assert_int_equal(cost_of("compatible", ",'cost':0.5"), -1);      /* of nobody who was not asked */
}

TEST(groqs_usage_is_read)
{
	expect_heard("groq", NULL, "{'choices':[{'index':0,'delta':{'content':'a'}}],'x_groq':{'id':'r'}}\n"
		"{'choices':[{'index':0,'delta':{},'finish_reason':'stop'}],"
		"'x_groq':{'id':'r','usage':{'prompt_tokens':3,'completion_tokens':1}}}\n" DONE,
		"text(a) end(stop 3+1 cached 0 written 0 thought 0)");
}

TEST(deepseeks_and_openrouters_figures_of_the_cache_are_read)
{
	expect_heard("deepseek", NULL, CHUNK("{'content':'a'}") "{'choices':[{'index':0,'delta':{'content':''},"
		"'finish_reason':'stop'}],'usage':{'prompt_tokens':8,'completion_tokens':2,'prompt_cache_hit_tokens':6,"
		"'prompt_cache_miss_tokens':2}}\n" DONE, "text(a) end(stop 8+2 cached 6 written 0 thought 0)");
	expect_heard("openrouter", NULL, CHUNK("{'content':'a'}") REASON("stop")
		"{'choices':[],'usage':{'prompt_tokens':8,"
		"'completion_tokens':2,'prompt_tokens_details':{'cached_tokens':1,'cache_write_tokens':7}}}\n" DONE,
		"text(a) end(stop 8+2 cached 1 written 7 thought 0)");
}

TEST(comments_and_empty_events_mean_nothing)
{
	expect_heard("openrouter", NULL, ": OPENROUTER PROCESSING\n: OPENROUTER PROCESSING\n" CHUNK("{'content':'a'}")
		REASON("stop") DONE, "text(a) end(stop" UNCOUNTED);
}

TEST(content_may_be_a_list_of_parts)
{
	expect_heard("mistral", NULL, CHUNK("{'content':[{'type':'thinking','thinking':[{'type':'text','text':'hm'}]}"
		"]}")
		CHUNK("{'content':[{'type':'text','text':'a'},{'type':'reference','reference_ids':[1]},"
		"{'type':'text','text':'b'}]}") REASON("stop") DONE,
		"thought(hm) seal(mistral  plain) text(a) text(b) end(stop" UNCOUNTED);
}

TEST(a_refusal_is_text_and_a_reason)
{
	expect_heard("openai", "gpt-4o", CHUNK("{'refusal':'I '}") CHUNK("{'refusal':'will not'}") REASON("stop") USAGE
		DONE,
		"text(I ) text(will not) end(refused" COUNTED);
	expect_heard("openai", "gpt-4o", CHUNK("{'content':'a'}") REASON("content_filter") DONE,
		"text(a) end(refused" UNCOUNTED);
}

TEST(further_choices_are_passed_over)
{
	expect_heard("vllm", "m", CHUNK("{'content':'a'}") "{'choices':[{'index':1,'delta':{'content':'b'}}]}\n"
		REASON("stop") DONE, "text(a) end(stop" UNCOUNTED);
}

/* Writes "text token=logprob[rival=logprob …] …;" */
static bool note_logprobs(void *user, const struct delta *d, struct error *err)
{
	struct buf *line = user;

	if (d->kind != DELTA_TEXT)
		return true;
	assert_true(buf_add_str(line, d->text, err));
	for (size_t i = 0; i < d->logprob_count; i++) {
		const struct token_logprob *t = &d->logprobs[i];
		buf_putf(line, " %.*s=%.2f[", STR_ARGS(t->text), (double)t->logprob);
		for (size_t k = 0; k < t->rival_count; k++)
			buf_putf(line, "%.*s=%.1f ", STR_ARGS(t->rivals[k].text), (double)t->rivals[k].logprob);
		buf_put(line, "]");
	}
	return buf_adds(line, ";", err);
}

TEST(log_probabilities_go_with_their_text)
{
	own_mem char *stream = stream_of("{'choices':[{'index':0,'delta':{'content':'ab'},'logprobs':{'content':["
		"{'token':'?','logprob':-0.25,'bytes':[97],'top_logprobs':[{'token':'a','logprob':-0.25},"
		"{'token':'x','logprob':-2,'bytes':null}]},{'token':'b','logprob':-1.5}]}}]}\n"
		"{'choices':[{'index':0,'delta':{'content':'c'},'logprobs':null}]}\n"
		"{'choices':[{'index':0,'delta':{},'logprobs':{'content':[]},'finish_reason':'stop'}]}\n" DONE);
	own_buf line = BUF_INIT(1 << 12);
	struct error err = { 0 };
	own_provider_stream *s = provider_stream_create(provider_find("vllm"), note_logprobs, &line);

	assert_ok(provider_stream_feed(s, str_of(stream), &err) && provider_stream_close(s, &err));
	assert_string_equal(line.data, "ab a=-0.25[a=-0.2 x=-2.0 ] b=-1.50[];c;");
}

/* ---- thoughts ---- */

TEST(thoughts_have_two_names)
{
	expect_heard("lmstudio", "m", CHUNK("{'reasoning_content':'hm'}") CHUNK("{'content':'a'}") REASON("stop") DONE,
		"thought(hm) text(a) end(stop" UNCOUNTED);
	expect_heard("groq", NULL, CHUNK("{'reasoning':'hm'}") CHUNK("{'content':'a','reasoning':null}") REASON("stop")
		DONE,
		"thought(hm) text(a) end(stop" UNCOUNTED);
}

TEST(thoughts_that_must_come_back_are_sealed)
{
	expect_heard("deepseek", NULL, CHUNK("{'reasoning_content':'h'}")
		CHUNK("{'reasoning_content':'m','content':null}")
		CHUNK("{'content':'a'}") REASON("stop") DONE,
		"thought(h) thought(m) seal(deepseek  plain) text(a) end(stop" UNCOUNTED);
	expect_heard("deepseek", NULL, CHUNK("{'reasoning_content':'h'}") CHUNK("{'tool_calls':[{'index':0,'id':'1',"
		"'function':{'name':'f','arguments':'{}'}}]}") REASON("tool_calls") DONE,
		"thought(h) seal(deepseek  plain) call0(1 f) arguments0({}) end(tool_calls" UNCOUNTED);
}

TEST(thoughts_between_tags_are_told_apart_from_a_local_servers_text)
{
	expect_heard("ollama", "m", CHUNK("{'content':'<thi'}") CHUNK("{'content':'nk>\\nh'}")
		CHUNK("{'content':'m</th'}")
		CHUNK("{'content':'ink>\\n\\na </think>'}") REASON("stop") DONE,
		"thought(h) thought(m) seal(ollama  plain) text(a </think>) end(stop" UNCOUNTED);
	expect_heard("compatible", "m", CHUNK("{'content':'<think>hm</think>'}")
		CHUNK("{'tool_calls':[{'index':0,'id':'1',"
		"'function':{'name':'f','arguments':'{}'}}]}") REASON("tool_calls") DONE,
		"thought(hm) call0(1 f) arguments0({}) end(tool_calls" UNCOUNTED);
	expect_heard("compatible", "m", CHUNK("{'content':'<th'}") REASON("stop") DONE, "text(<th) end(stop" UNCOUNTED);
	expect_heard("openai", "gpt-4o", CHUNK("{'content':'<think>a'}") REASON("stop") DONE,
		"text(<think>a) end(stop" UNCOUNTED);
}

#define DETAILS(list) CHUNK("{'content':'','reasoning_details':[" list "]}")

TEST(openrouters_details_become_thoughts_and_seals)
{
	expect_heard("openrouter", NULL,
		CHUNK("{'content':'','reasoning':'h','reasoning_details':[{'type':'reasoning.text','text':'h',"
		"'format':'v1','index':0}]}")
		DETAILS("{'type':'reasoning.text','text':'m','signature':null,'format':'v1','index':0}")
		DETAILS("{'type':'reasoning.text','signature':'SIG','format':'v1','index':0}")
		CHUNK("{'content':'a'}") REASON("stop") DONE,
		"thought(h) thought(m) seal(openrouter  {'type':'reasoning.text','format':'v1','index':0,"
		"'signature':'SIG'}) "
		"text(a) end(stop" UNCOUNTED);
}

TEST(encrypted_details_hold_the_thought_itself)
{
	expect_heard("openrouter", NULL,
		DETAILS("{'type':'reasoning.summary','summary':'s','index':0}")
		DETAILS("{'type':'reasoning.encrypted','data':'D1','id':'rs_1','index':0}")
		DETAILS("{'type':'reasoning.encrypted','data':'D2','id':'rs_2','index':0}")
		CHUNK("{'tool_calls':[{'index':0,'id':'1','function':{'name':'f','arguments':'{}'}}]}")
			REASON("tool_calls") DONE,
		"thought(s) seal(openrouter  {'type':'reasoning.summary','index':0}) "
		"seal(openrouter rs_1 redacted {'type':'reasoning.encrypted','data':'D1','id':'rs_1','index':0}) "
		"seal(openrouter rs_2 redacted {'type':'reasoning.encrypted','data':'D2','id':'rs_2','index':0}) "
		"call0(1 f) arguments0({}) end(tool_calls" UNCOUNTED);
}

TEST(thoughts_beside_details_without_text_are_not_lost)
{
	expect_heard("openrouter", NULL, CHUNK("{'reasoning':'h','reasoning_details':[{'type':'reasoning.encrypted',"
		"'data':'D'}]}")
		CHUNK("{'content':'a'}") REASON("stop") DONE,
		"thought(h) seal(openrouter  redacted {'type':'reasoning.encrypted','data':'D'}) text(a) end(stop"
		UNCOUNTED);
}

/* ---- calls ---- */

#define CALL(index, rest) CHUNK("{'tool_calls':[{'index':" index "," rest "}]}")

TEST(a_call_comes_in_pieces)
{
	expect_heard("openai", "gpt-4o", CHUNK("{'content':null}")
		CALL("0", "'id':'x','type':'function','function':{'name':'f','arguments':''}")
		CALL("0", "'function':{'arguments':'{\\'a\\':'}") CALL("0", "'function':{'arguments':'1}'}")
			REASON("tool_calls")
		USAGE DONE, "call0(x f) arguments0({'a':) arguments0(1}) end(tool_calls" COUNTED);
}

TEST(a_call_may_come_whole_and_its_reason_be_wrong)
{
	expect_heard("ollama", "m", CALL("0", "'id':'x','function':{'name':'f','arguments':'{\\'a\\':1}'}")
		REASON("stop") DONE,
		"call0(x f) arguments0({'a':1}) end(tool_calls" UNCOUNTED);
	expect_heard("compatible", "m", CALL("0", "'id':'x','function':{'name':'f','arguments':{'a':1}}")
		REASON("stop") DONE,
		"call0(x f) arguments0({'a':1}) end(tool_calls" UNCOUNTED);
}

TEST(calls_without_arguments_get_an_empty_object)
{
	expect_heard("vllm", "m", CALL("0", "'id':'x','function':{'name':'f','arguments':''}")
		CALL("1", "'id':'y','function':{'name':'g'}") REASON("tool_calls") DONE,
		"call0(x f) arguments0({}) call1(y g) arguments1({}) end(tool_calls" UNCOUNTED);
}

TEST(calls_that_come_at_the_same_time_are_put_in_order)
{
	expect_heard("vllm", "m", CALL("0", "'id':'x','function':{'name':'f','arguments':'{\\'a'}")
		CALL("1", "'id':'y','function':{'name':'g','arguments':'{\\'b'}")
		CALL("0", "'function':{'arguments':'\\':1'}") CALL("1", "'function':{'arguments':'\\':2}'}")
		CALL("0", "'function':{'arguments':'}'}") REASON("tool_calls") DONE,
		"call0(x f) arguments0({'a) arguments0(':1) arguments0(}) call1(y g) arguments1({'b':2}) "
		"end(tool_calls" UNCOUNTED);
}

TEST(the_second_call_is_passed_on_as_it_comes_once_the_first_is_whole)
{
	expect_heard("vllm", "m", CALL("0", "'id':'x','function':{'name':'f','arguments':'{\\'a\\':\\'}\\'}'}")
		CALL("1", "'id':'y','function':{'name':'g','arguments':'{'}") CALL("1", "'function':{'arguments':'}'}")
		REASON("tool_calls") DONE,
		"call0(x f) arguments0({'a':'}'}) call1(y g) arguments1({) arguments1(}) end(tool_calls" UNCOUNTED);
}

TEST(ids_and_names_may_be_repeated_or_come_late)
{
	expect_heard("compatible", "m", CALL("0", "'id':'x','function':{'name':'f','arguments':'{'}")
		CALL("0", "'id':'x','function':{'name':'f','arguments':'}'}")
		CALL("0", "'id':'','function':{'name':'','arguments':''}")
		REASON("tool_calls") DONE, "call0(x f) arguments0({) arguments0(}) end(tool_calls" UNCOUNTED);
	expect_heard("compatible", "m", CALL("0", "'function':{'arguments':'{'}") CALL("0", "'id':'x'")
		CALL("0", "'function':{'name':'f','arguments':'}'}") REASON("tool_calls") DONE,
		"call0(x f) arguments0({}) end(tool_calls" UNCOUNTED);
}

TEST(calls_of_the_same_index_are_told_apart_by_their_ids)
{
	expect_heard("ollama", "m", CALL("0", "'id':'x','function':{'name':'f','arguments':'{}'}")
		CALL("0", "'id':'y','function':{'name':'f','arguments':'{\\'b\\':2}'}") REASON("tool_calls") DONE,
		"call0(x f) arguments0({}) call1(y f) arguments1({'b':2}) end(tool_calls" UNCOUNTED);
}

TEST(calls_need_no_index)
{
	expect_heard("compatible", "m", CHUNK("{'tool_calls':[{'id':'x','function':{'name':'f','arguments':'{}'}},"
		"{'id':'y','function':{'name':'g','arguments':'{'}}]}")
		CHUNK("{'tool_calls':[{'function':{'arguments':'}'}}]}")
		REASON("tool_calls") DONE,
		"call0(x f) arguments0({}) call1(y g) arguments1({) arguments1(}) end(tool_calls" UNCOUNTED);
}

TEST(ids_are_made_where_there_are_none_and_differ)
{
	own_mem char *stream = stream_of(CHUNK("{'tool_calls':[{'function':{'name':'f','arguments':'{}'}}]}")
		CHUNK("{'tool_calls':[{'function':{'name':'f','arguments':'{}'}}]}") REASON("tool_calls") DONE);
	own_heard h = hear_cut("compatible", "m", str_of(stream), 0, false);
	char one[80], other[80];

	assert_true(h.ok);
	assert_int_equal(sscanf(h.line.data, "call0(%79s f) arguments0({}) call1(%79s f)", one, other), 2);
	assert_true(strncmp(one, "call_", 5) == 0 && strncmp(other, "call_", 5) == 0);
	assert_string_not_equal(one, other);
}

TEST(a_call_without_a_name_is_an_error)
{
	expect_failure("compatible", "m", CALL("0", "'id':'x','function':{'arguments':'{}'}") REASON("tool_calls")
		DONE, "",
		ERROR_UNAVAILABLE, "without a name");
}

TEST(the_old_form_of_a_call_is_read)
{
	expect_heard("compatible", "m", CHUNK("{'function_call':{'name':'f','arguments':'{'}}")
		CHUNK("{'function_call':{'arguments':'\\'a\\':1}'}}") "{'id':'c1','choices':[{'index':0,'delta':{},"
		"'finish_reason':'function_call'}]}\n" DONE,
		"call0(call_de1bdaf9f68798190 f) arguments0({'a':1}) end(tool_calls" UNCOUNTED);
}

TEST(a_signature_of_a_call_is_its_seal)
{
	expect_heard("compatible", "m", CALL("0", "'id':'x','extra_content':{'google':{'thought_signature':'SIG'}},"
		"'function':{'name':'f','arguments':'{}'}") REASON("tool_calls") DONE,
		"call0(x f) seal0(compatible  SIG) arguments0({}) end(tool_calls" UNCOUNTED);
}

enum { MIXED = 4, PIECES = 6 };

struct mixed {
	struct buf arguments[MIXED];
	size_t calls;
};

static bool note_mixed(void *user, const struct delta *d, struct error *err)
{
	struct mixed *m = user;

	if (d->kind == DELTA_CALL)
		assert_int_equal(d->call, m->calls++);
	if (d->kind != DELTA_ARGUMENTS)
		return true;
	assert_int_equal(d->call + 1, m->calls);
	return buf_add_str(&m->arguments[d->call], d->text, err);
}

/* One chunk with the next piece of a call. */
static void put_piece(struct buf *stream, size_t call, const char *text)
{
	own_mem char *plain = quoted(text);
	own_buf json = BUF_INIT(256);
	struct error err = { 0 };

	assert_ok(json_write_string(&json, str_of(plain), &err));
	buf_putf(stream, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%zu,\"id\":\"i%zu\",\"function\":"
		"{\"name\":\"f\",\"arguments\":%s}}]}}]}\n\n", call, call, json.data);
}

/* Property: however the pieces of several calls are mixed, the calls come out whole and in order. */
TEST(calls_mixed_at_random_come_out_whole)
{
	static const char *const pieces[PIECES] = { "{", "'a':", "'}{\\\\'", ",'b'", ":[1]", "}" };
	uint64_t seed = 7;

	for (int round = 0; round < 300; round++) {
		struct mixed mixed = { .calls = 0 };
		own_buf stream = BUF_INIT(1 << 16);
		size_t next[MIXED] = { 0 }, begun = 0;
		struct error err = { 0 };
		for (size_t left = (size_t)MIXED * PIECES; left;) {
			size_t k = random_below(&seed, MIXED);
			if (k > begun || next[k] == PIECES)
				continue;
			begun += k == begun;
			put_piece(&stream, k, pieces[next[k]++]);
			left--;
		}
		buf_put(&stream, "data: [DONE]\n\n");
		for (size_t k = 0; k < MIXED; k++)
			mixed.arguments[k] = (struct buf)BUF_INIT(256);
		own_provider_stream *s = provider_stream_create(provider_find("vllm"), note_mixed, &mixed);
		assert_ok(provider_stream_feed(s, buf_str(&stream), &err) && provider_stream_close(s, &err));
		assert_int_equal(mixed.calls, MIXED);
		for (size_t k = 0; k < MIXED; k++) {
			assert_string_equal(mixed.arguments[k].data, "{\"a\":\"}{\\\\\",\"b\":[1]}");
			buf_done(&mixed.arguments[k]);
		}
	}
}

/* ---- bodies instead of streams ---- */

TEST(an_answer_in_one_piece_is_read)
{
	expect_heard_whole("compatible", "m", "{'id':'c','choices':[{'index':0,'message':{'role':'assistant',"
		"'content':'a',"
		"'reasoning_content':'h','tool_calls':[{'id':'x','type':'function','function':{'name':'f',"
		"'arguments':'{}'}}]},"
		"'finish_reason':'tool_calls'}],'usage':{'prompt_tokens':1,'completion_tokens':2}}",
		"thought(h) text(a) call0(x f) arguments0({}) end(tool_calls 1+2 cached 0 written 0 thought 0)");
}

TEST(an_error_with_a_status_of_success_is_an_error)
{
	own_mem char *body = quoted("{'error':{'message':'no credits','code':402}}");
	own_heard h = hear_cut("openrouter", NULL, str_of(body), 0, true);

	assert_false(h.ok);
	assert_int_equal(h.err.kind, ERROR_DENIED);
	assert_non_null(strstr(h.err.text, "no credits"));
}

TEST(a_body_that_is_no_answer_is_an_error)
{
	static const char *const bodies[] = { "{}", "[]", "1", "{'choices':[]}", "{'choices':{}}", "no json", "" };

	for (size_t i = 0; i < countof(bodies); i++) {
		own_mem char *body = quoted(bodies[i]);
		own_heard h = hear_cut("compatible", "m", str_of(body), 0, true);
		assert_false(h.ok);
		assert_int_equal(h.err.kind, ERROR_UNAVAILABLE);
	}
}

/* ---- errors ---- */

TEST(errors_in_mid_stream_keep_what_came)
{
	expect_failure("openrouter", NULL, CHUNK("{'content':'a'}") "{'error':{'code':502,'message':'gone'},"
		"'choices':[{'index':0,"
		"'delta':{'content':''},'finish_reason':'error'}]}\n", "text(a)", ERROR_UNAVAILABLE, "OpenRouter");
	expect_failure("groq", NULL, CHUNK("{'content':'a'}") "event: error\n{'error':{'message':'slow down',"
		"'type':'rate_limit_exceeded'}}\n", "text(a)", ERROR_UNAVAILABLE, "rate limit");
	expect_failure("compatible", "m", "{'error':'model crashed'}\n", "", ERROR_UNAVAILABLE, "internal error");
	expect_failure("vllm", "m", "{'object':'error','message':'too long: maximum context length is 10','code':400}"
		"\n", "",
		ERROR_TOO_LARGE, "maximum context length");
	expect_failure("groq", NULL, "{'choices':[],'x_groq':{'error':{'message':'x','type':'server_error'}}}\n", "",
		ERROR_UNAVAILABLE, "internal error");
	expect_failure("mistral", NULL, CHUNK("{'content':'a'}") REASON("error"), "text(a)", ERROR_UNAVAILABLE,
		"broke off");
	expect_failure("deepseek", NULL, REASON("insufficient_system_resource"), "", ERROR_UNAVAILABLE, "broke off");
}

TEST(garbage_is_an_error)
{
	expect_failure("compatible", "m", "{'choices':\n", "", ERROR_UNAVAILABLE, "not valid JSON");
	expect_failure("compatible", "m", DONE, "", ERROR_UNAVAILABLE, "empty answer");
	expect_failure("compatible", "m", "", "", ERROR_UNAVAILABLE, "ended too early");
}

static void expect_error(const char *provider, int status, const char *body, enum error_kind kind, const char *words)
{
	const struct provider *p = provider_find(provider);
	own_mem char *plain = quoted(body);
	struct error err = { 0 };

	assert_false(p->dialect->read_error(p, status, str_of(plain), &err));
	if (err.kind != kind || !strstr(err.text, words))
		fail_msg("%s %d: kind %d, %s", provider, status, err.kind, err.text);
}

TEST(errors_of_every_vendor_mean_the_same)
{
	expect_error("openai", 401, "{'error':{'message':'Incorrect API key provided: sk-x',"
		"'type':'invalid_request_error',"
		"'code':'invalid_api_key'}}", ERROR_DENIED, "refused the key");
	expect_error("openai", 429, "{'error':{'message':'You exceeded your current quota','type':'insufficient_quota',"
		"'code':'insufficient_quota'}}", ERROR_DENIED, "billing");
	expect_error("openai", 429, "{'error':{'message':'Rate limit reached','type':'tokens',"
		"'code':'rate_limit_exceeded'}}",
		ERROR_UNAVAILABLE, "rate limit");
	expect_error("openai", 400, "{'error':{'message':'This model has a limit','code':'context_length_exceeded'}}",
		ERROR_TOO_LARGE, "too large");
	expect_error("openai", 404, "{'error':{'message':'The model `x` does not exist','code':'model_not_found'}}",
		ERROR_NOT_FOUND, "does not exist");
	expect_error("openai", 400, "{'error':{'message':'Unknown parameter','type':'invalid_request_error'}}",
		ERROR_INVALID, "Unknown parameter");
	expect_error("grok", 400, "{'code':'Client specified an invalid argument','error':'Incorrect API key "
		"provided: xa***'}",
		ERROR_DENIED, "API key");
	expect_error("mistral", 401, "{'message':'Unauthorized','request_id':'1'}", ERROR_DENIED, "refused the key");
	expect_error("mistral", 422, "{'object':'error','message':{'detail':[{'type':'extra_forbidden','loc':['body',"
		"'x'],"
		"'msg':'Extra inputs are not permitted'}]},'type':'invalid_request_error'}", ERROR_INVALID,
		"Extra inputs");
	expect_error("mistral", 422, "{'detail':[{'loc':['body'],'msg':'field required'}]}", ERROR_INVALID,
		"field required");
	expect_error("mistral", 400, "{'object':'error','message':'Tool call id was x','type':'invalid_request_error'}",
		ERROR_INVALID, "Tool call id was x");
	expect_error("groq", 413, "{'error':{'message':'Request too large','type':'tokens',"
		"'code':'rate_limit_exceeded'}}",
		ERROR_TOO_LARGE, "too large");
	expect_error("groq", 400, "{'error':{'message':'The model x has been decommissioned',"
		"'code':'model_decommissioned'}}",
		ERROR_NOT_FOUND, "decommissioned");
	expect_error("openrouter", 402, "{'error':{'message':'Insufficient credits','code':402}}", ERROR_DENIED,
		"credits");
	expect_error("openrouter", 400, "{'error':{'message':'Provider returned error','code':400,'metadata':"
		"{'raw':'temperature is not for me','provider_name':'Anthropic'}}}", ERROR_INVALID,
		"temperature is not for me");
	expect_error("deepseek", 402, "{'error':{'message':'Insufficient Balance'}}", ERROR_DENIED, "Balance");
	expect_error("ollama", 404, "{'error':{'message':'model \\'x\\' not found','type':'api_error'}}",
		ERROR_NOT_FOUND, "not found");
	expect_error("llamacpp", 400, "{'error':{'code':400,'message':'the request exceeds the available context size',"
		"'type':'exceed_context_size_error','n_prompt_tokens':9}}", ERROR_TOO_LARGE, "too large");
	expect_error("llamacpp", 503, "{'error':{'code':503,'message':'Loading model','type':'unavailable_error'}}",
		ERROR_UNAVAILABLE, "overloaded");
	expect_error("vllm", 400, "{'object':'error','message':'maximum context length is 4',"
		"'type':'BadRequestError','code':400}",
		ERROR_TOO_LARGE, "maximum context length");
	expect_error("lmstudio", 400, "{'error':'no model is loaded'}", ERROR_INVALID, "no model is loaded");
	expect_error("compatible", 400, "just words", ERROR_INVALID, "just words");
	expect_error("compatible", 502, "<html>bad gateway</html>", ERROR_UNAVAILABLE, "cannot be reached");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_comes_as_it_is_sent),
		cmocka_unit_test(an_answer_without_usage_ends_with_done),
		cmocka_unit_test(an_answer_without_done_ends_with_its_reason_and_the_bytes),
		cmocka_unit_test(an_answer_that_just_stops_is_cut),
		cmocka_unit_test(usage_may_come_in_the_last_chunk_or_before_it_or_in_all),
		cmocka_unit_test(what_openrouter_says_an_answer_cost_is_read),
		cmocka_unit_test(groqs_usage_is_read),
		cmocka_unit_test(deepseeks_and_openrouters_figures_of_the_cache_are_read),
		cmocka_unit_test(comments_and_empty_events_mean_nothing),
		cmocka_unit_test(content_may_be_a_list_of_parts),
		cmocka_unit_test(a_refusal_is_text_and_a_reason),
		cmocka_unit_test(further_choices_are_passed_over),
		cmocka_unit_test(log_probabilities_go_with_their_text),
		cmocka_unit_test(thoughts_have_two_names),
		cmocka_unit_test(thoughts_that_must_come_back_are_sealed),
		cmocka_unit_test(thoughts_between_tags_are_told_apart_from_a_local_servers_text),
		cmocka_unit_test(openrouters_details_become_thoughts_and_seals),
		cmocka_unit_test(encrypted_details_hold_the_thought_itself),
		cmocka_unit_test(thoughts_beside_details_without_text_are_not_lost),
		cmocka_unit_test(a_call_comes_in_pieces),
		cmocka_unit_test(a_call_may_come_whole_and_its_reason_be_wrong),
		cmocka_unit_test(calls_without_arguments_get_an_empty_object),
		cmocka_unit_test(calls_that_come_at_the_same_time_are_put_in_order),
		cmocka_unit_test(the_second_call_is_passed_on_as_it_comes_once_the_first_is_whole),
		cmocka_unit_test(ids_and_names_may_be_repeated_or_come_late),
		cmocka_unit_test(calls_of_the_same_index_are_told_apart_by_their_ids),
		cmocka_unit_test(calls_need_no_index),
		cmocka_unit_test(ids_are_made_where_there_are_none_and_differ),
		cmocka_unit_test(a_call_without_a_name_is_an_error),
		cmocka_unit_test(the_old_form_of_a_call_is_read),
		cmocka_unit_test(a_signature_of_a_call_is_its_seal),
		cmocka_unit_test(calls_mixed_at_random_come_out_whole),
		cmocka_unit_test(an_answer_in_one_piece_is_read),
		cmocka_unit_test(an_error_with_a_status_of_success_is_an_error),
		cmocka_unit_test(a_body_that_is_no_answer_is_an_error),
		cmocka_unit_test(errors_in_mid_stream_keep_what_came),
		cmocka_unit_test(garbage_is_an_error),
		cmocka_unit_test(errors_of_every_vendor_mean_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
