/*
 * Model info first: one question tells commit, names, and, of the real Hub, sizes
 * and hashes.  A mirror that leaves those out is asked for the tree, page by page.
 */
#include "hub/list_files.h"

#include "base/mem.h"
#include "hub/layout.h"
#include "hub/listing.h"
#include "hub/names.h"
#include "hub/tree.h"
#include "net/url.h"

#define PAGES_MAX 200
#define BODY_MAX ((size_t)64 << 20)

static char *api_url(const struct hub *hub, const char *repo, const char *kind, const char *revision, const char *query)
{
	own_buf url = BUF_INIT(8192);
	struct error err;

	if (!buf_addf(&url, &err, "%s/api/models/%s/%s/", hub->endpoint, repo, kind) ||
	    !name_quote(&url, revision, false, &err) || !buf_addf(&url, &err, "?%s", query))
		mem_panic("an address over 8 KB");
	return buf_detach(&url, NULL);
}

/* Where the next page is; a mirror may name the Hub itself, whose place it takes. */
static char *next_page(const struct hub *hub, const char *url, const char *link, struct error *err)
{
	static const char hub_itself[] = "https://huggingface.co/";
	own_mem char *next = listing_next(link);

	if (!next)
		return NULL;
	if (strncmp(next, hub_itself, sizeof hub_itself - 1) == 0 && !url_same_origin(hub->endpoint, hub_itself))
		return mem_printf("%s/%s", hub->endpoint, next + sizeof hub_itself - 1);
	return url_follow(url, next, err);
}

static bool ask_tree(const struct hub *hub, struct http_client *client, struct cancel *cancel, const char *repo,
	struct hub_listing *listing, struct error *err)
{
	own_mem char *url = api_url(hub, repo, "tree", listing->commit, "recursive=true&expand=false");
	own_buf body = BUF_INIT(BODY_MAX);
	struct hub_listing pages = { 0 };

	memcpy(pages.commit, listing->commit, sizeof pages.commit);
	for (int page = 0; url; page++) {
		struct answer answer;
		struct error none = { 0 };
		if (page == PAGES_MAX) {
			hub_listing_done(&pages);
			return error_set(err, ERROR_TOO_LARGE, "the listing of %s has over %d pages", repo, PAGES_MAX);
		}
		if (!ask_body(hub, client, cancel, repo, NULL, url, &answer, &body, err)) {
			hub_listing_done(&pages);
			return false;
		}
		if (!listing_parse_tree(buf_str(&body), &pages, err))
			return false;
		char *next = next_page(hub, url, answer.link, &none);
		free(url);
		url = next;
		if (none.kind != ERROR_NONE) {
			hub_listing_done(&pages);
			*err = none;
			return false;
		}
	}
	hub_listing_done(listing);
	*listing = pages;
	return true;
}

static bool knows_all(const struct hub_listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		if (listing->files[i].size == HUB_SIZE_UNKNOWN || !listing->files[i].hash[0])
			return false;
	return true;
}

bool list_files_ask(const struct hub *hub, struct http_client *client, struct cancel *cancel, const char *repo,
	const char *revision, struct hub_listing *listing, struct error *err)
{
	own_mem char *url = api_url(hub, repo, "revision", revision, "blobs=true");
	own_buf body = BUF_INIT(BODY_MAX);
	struct answer answer;

	if (!ask_body(hub, client, cancel, repo, revision, url, &answer, &body, err) ||
	    !listing_parse_info(buf_str(&body), listing, err))
		return false;
	if (!knows_all(listing) && !ask_tree(hub, client, cancel, repo, listing, err)) {
		/* Names are enough: each file's head tells the rest. */
		if (err->kind != ERROR_NOT_FOUND) {
			hub_listing_done(listing);
			return false;
		}
	}
	return listing_finish(listing, err);
}

bool hub_list_files(const struct hub *hub, const char *repo, const char *revision, struct cancel *cancel,
	struct hub_listing *listing, struct error *err)
{
	const char *name = revision ? revision : "main";
	char commit[HUB_HASH_MAX + 1];

	if (!name_check_repo(repo, err) || !name_check_revision(name, err))
		return false;
	if (hub->offline) {
		own_mem char *folder = layout_repo(hub, repo);
		return (layout_read_ref(folder, name, commit) && tree_read(folder, commit, listing)) ||
			error_set(err, ERROR_NOT_FOUND,
				"what %s holds is not known here, and HF_HUB_OFFLINE forbids to ask", repo);
	}
	own_http_client *client = http_client_create(err);
	return client && list_files_ask(hub, client, cancel, repo, name, listing, err);
}
