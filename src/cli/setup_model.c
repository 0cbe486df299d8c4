/* Which model runs on this machine: the one that fits, one that is here, another, none. */
#include "cli/setup.h"

#include <stdio.h>

#include "base/mem.h"
#include "hub/choose.h"
#include "hub/graphs.h"
#include "hub/spec.h"

#define TEXT_MAX ((size_t)16 << 10)
#define HERE_MAX 20

struct offer {
	char *line;
	enum setup_model deed;
	char *name;                  /* NULL: none */
};

struct offers {
	struct offer all[HERE_MAX + 8];
	size_t count;
};

/* Takes both texts over. */
static void add(struct offers *o, char *line, enum setup_model deed, char *name)
{
	o->all[o->count++] = (struct offer){ line, deed, name };
}

static void add_fitting(struct offers *o, const struct choice *choice, const char *precision)
{
	char size[SIZE_TEXT];

	if (choice->verdict == FITS)
		add(o,
			mem_printf("Fetch %s in the background, %s (recommended here; licence: %s)",
				choice->best->title, size_text(catalogue_download_bytes(choice->best, precision), size),
				choice->best->licence),
			MODEL_FETCH, mem_strdup(choice->best->name));
}

static bool is_whole(const struct hub *hub, const char *name)
{
	own_model_spec spec = {0};
	struct error err = {0};

	if (!spec_parse(&spec, name, &err))
		return false;
	own_mem char *folder = spec_find(hub, &spec, NULL, NULL, &err);
	return folder;
}

static void add_here(struct offers *o, const struct hub *hub)
{
	own_hub_cache cache = {0};
	struct error err = {0};

	if (!hub_list(hub, &cache, &err))
		return;
	for (size_t i = 0; i < cache.count && o->count < HERE_MAX; i++) {
		const struct catalogue_model *known = catalogue_find(str_of(cache.entries[i].repo));
		const char *name = known ? known->name : cache.entries[i].repo;
		if (cache.entries[i].whole && is_whole(hub, name))
			add(o, mem_printf("Use %s, which is here", known ? known->title : name), MODEL_USE,
				mem_strdup(name));
	}
}

static void say_machine(
	struct setup *s, const struct choice *choice, const struct machine *machine, const char *precision)
{
	char all[SIZE_TEXT], available[SIZE_TEXT], disk[SIZE_TEXT];
	own_buf why = BUF_INIT(TEXT_MAX);

	ui_say(&s->term,
		"This machine has %s of memory for us, %s of it available now, and %s of disk where models are kept.",
		size_text(machine->memory.limit, all), size_text(machine->memory.available, available),
		machine->disk_free == UINT64_MAX ? "an unknown amount" : size_text(machine->disk_free, disk));
	choose_describe(&why, choice, machine, precision);
	ui_say(&s->term, "%s", str_trim(buf_str(&why)).n ? why.data : "");
}

static enum ui_result ask_name(struct setup *s, char **name)
{
	for (;;) {
		own_model_spec spec = {0};
		struct error err = {0};
		enum ui_result result = ui_text(&s->term,
			"Which model? A name that `shammah models list` shows, OWNER/NAME of the Hub, "
			"or a folder",
			NULL, name);
		if (result != UI_DONE || spec_parse(&spec, *name, &err))
			return result;
		ui_say(&s->term, "%s", err.text);
		free(take(*name));
	}
}

static void choose(struct setup *s, enum setup_model deed, const char *name)
{
	free(s->model_name);
	s->model_name = mem_strdup(name);
	s->model = deed;
}

static enum ui_result choose_other(struct setup *s, const struct hub *hub)
{
	own_mem char *name = NULL;
	own_model_spec spec = {0};
	struct error err = {0};
	enum ui_result result = ask_name(s, &name);

	if (result != UI_DONE || !spec_parse(&spec, name, &err))
		return result;
	choose(s, spec.folder || is_whole(hub, name) ? MODEL_USE : MODEL_FETCH, spec.folder ? spec.folder : name);
	return result;
}

enum ui_result setup_local_model(struct setup *s)
{
	const char *precision = graph_names[0].precision, *items[countof(((struct offers *)0)->all) + 1];
	struct offers offers = {0};
	struct machine machine;
	struct choice choice;
	struct error err = {0};
	own_hub hub = {0};
	size_t at = 0;

	if (!hub_init(&hub, &err))
		return ui_say(&s->term, "%s", err.text), UI_BACK;
	machine_look(&machine, hub.cache);
	choose_model(&choice, &machine, precision);
	say_machine(s, &choice, &machine, precision);
	add_fitting(&offers, &choice, precision);
	add_here(&offers, &hub);
	add(&offers, mem_strdup("Leave it as it is, or decide later"), MODEL_AS_IT_IS, NULL);
	add(&offers, mem_strdup("No local model"), MODEL_NONE, NULL);
	for (size_t i = 0; i < offers.count; i++)
		items[i] = offers.all[i].line;
	items[offers.count] = "Another, by name";
	enum ui_result result = ui_menu(&s->term, "Local model:", items, offers.count + 1, &at);
	if (result == UI_DONE && at < offers.count)
		choose(s, offers.all[at].deed, offers.all[at].name);
	else if (result == UI_DONE)
		result = choose_other(s, &hub);
	for (size_t i = 0; i < offers.count; i++) {
		free(offers.all[i].line);
		free(offers.all[i].name);
	}
	return result;
}
