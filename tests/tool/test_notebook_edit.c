#include "calls.h"

static const char notebook[] =
	"{\n \"cells\": [\n"
	"  {\n   \"cell_type\": \"markdown\",\n   \"id\": \"m1\",\n   \"metadata\": {},\n"
	"   \"source\": [\n    \"# Title\"\n   ]\n  },\n"
	"  {\n   \"cell_type\": \"code\",\n   \"execution_count\": 3,\n   \"id\": \"c1\",\n"
	"   \"metadata\": {\"x\": 1.50},\n"
	"   \"outputs\": [{\"output_type\": \"stream\", \"text\": [\"]}\"]}],\n"
	"   \"source\": [\n    \"print(1)\"\n   ]\n  }\n"
	" ],\n \"metadata\": {\"number\": 1e-5},\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n";

static void begin(void)
{
	put_file("n.ipynb", notebook);
	assert_call("cell 0", "Read", "{s:s}", "file_path", "n.ipynb");
}

/* The file is `notebook` with one text in it replaced. */
static void assert_replaced(const char *from, const char *to)
{
	const char *at = strstr(notebook, from);

	assert_non_null(at);
	own_mem char *expected = mem_printf("%.*s%s%s", (int)(at - notebook), notebook, to, at + strlen(from));
	assert_file("n.ipynb", str_of(expected));
}

TEST(a_cell_is_replaced_and_no_other_byte)
{
	begin();
	assert_call("Cell 0 of n.ipynb was replaced", "NotebookEdit", "{s:s, s:s, s:s}", "notebook_path", "n.ipynb",
		"cell_id", "m1", "new_source", "# \"New\"\ntext");
	assert_replaced("    \"# Title\"\n", "    \"# \\\"New\\\"\\n\",\n    \"text\"\n");
}

TEST(a_cell_of_code_loses_what_it_printed)
{
	begin();
	assert_call("Cell 1", "NotebookEdit", "{s:s, s:s, s:s}", "notebook_path", "n.ipynb", "cell_id", "cell-1",
		"new_source", "print(2)");
	assert_replaced(" 3,\n   \"id\": \"c1\",\n   \"metadata\": {\"x\": 1.50},\n"
		"   \"outputs\": [{\"output_type\": \"stream\", \"text\": [\"]}\"]}],\n"
		"   \"source\": [\n    \"print(1)\"",
		" null,\n   \"id\": \"c1\",\n   \"metadata\": {\"x\": 1.50},\n   \"outputs\": [],\n   \"source\": [\n"
		"    \"print(2)\"");
	assert_call("", "NotebookEdit", "{s:s, s:s, s:s}", "notebook_path", "n.ipynb", "cell_id", "1", "new_source",
		"");
	assert_call("<cell 1, id \"c1\", code>\n", "Read", "{s:s}", "file_path", "n.ipynb");
}

TEST(cells_are_inserted_and_deleted)
{
	begin();
	assert_call("inserted in n.ipynb as number 1", "NotebookEdit", "{s:s, s:s, s:s, s:s, s:s}", "notebook_path",
		"n.ipynb",
		"cell_id", "m1", "new_source", "x = 1\n", "cell_type", "code", "edit_mode", "insert");
	assert_call("<cell 1, id \"", "Read", "{s:s}", "file_path", "n.ipynb");
	assert_says(", code>\n     4\tx = 1\n     5\t<cell 2, id \"c1\", code>");
	assert_call("as number 0", "NotebookEdit", "{s:s, s:s, s:s, s:s}", "notebook_path", "n.ipynb", "new_source",
		"first",
		"cell_type", "markdown", "edit_mode", "insert");
	assert_call("Cell 2 of n.ipynb was deleted", "NotebookEdit", "{s:s, s:s, s:s, s:s}", "notebook_path", "n.ipynb",
		"cell_id", "2", "new_source", "", "edit_mode", "delete");
	assert_call("Cell 0 of n.ipynb was deleted", "NotebookEdit", "{s:s, s:s, s:s, s:s}", "notebook_path", "n.ipynb",
		"cell_id", "0", "new_source", "", "edit_mode", "delete");
	assert_file("n.ipynb", str_of(notebook));
	for (int i = 0; i < 2; i++)
		assert_call("deleted", "NotebookEdit", "{s:s, s:s, s:s, s:s}", "notebook_path", "n.ipynb", "cell_id",
			"0",
			"new_source", "", "edit_mode", "delete");
	assert_call("as number 0", "NotebookEdit", "{s:s, s:s, s:s, s:s}", "notebook_path", "n.ipynb", "new_source",
		"alone",
		"cell_type", "code", "edit_mode", "insert");
	assert_call("\talone\n", "Read", "{s:s}", "file_path", "n.ipynb");
}

TEST(a_notebook_of_one_line_stays_one)
{
	put_file("n.ipynb", "{\"cells\":[{\"cell_type\":\"code\",\"source\":\"a\",\"outputs\":[1]}],\"nbformat\":4}");
	assert_call("", "Read", "{s:s}", "file_path", "n.ipynb");
	assert_call("", "NotebookEdit", "{s:s, s:s, s:s}", "notebook_path", "n.ipynb", "cell_id", "0", "new_source",
		"b\nc");
	assert_file("n.ipynb",
		(struct str)STR("{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"b\\n\", \"c\"],\"outputs\":[]}],"
		"\"nbformat\":4}"));
}

TEST(what_is_wrong_is_told_and_nothing_changed)
{
	put_file("n.ipynb", notebook);
	assert_fails("has not been read yet", "NotebookEdit", "{s:s, s:s, s:s}", "notebook_path", "n.ipynb",
		"cell_id", "m1",
		"new_source", "x");
	begin();
	assert_fails("no cell zz: Read shows them", "NotebookEdit", "{s:s, s:s, s:s}", "notebook_path", "n.ipynb",
		"cell_id",
		"zz", "new_source", "x");
	assert_fails("`cell_id` is missing", "NotebookEdit", "{s:s, s:s}", "notebook_path", "n.ipynb", "new_source",
		"x");
	assert_fails("`cell_type` is missing", "NotebookEdit", "{s:s, s:s, s:s}", "notebook_path", "n.ipynb",
		"new_source",
		"x", "edit_mode", "insert");
	assert_fails("another type", "NotebookEdit", "{s:s, s:s, s:s, s:s}", "notebook_path", "n.ipynb", "cell_id",
		"m1",
		"new_source", "x", "cell_type", "code");
	assert_file("n.ipynb", str_of(notebook));
	put_file("e.ipynb", "{\"ce\\u006cls\":[]}");
	assert_call("", "Read", "{s:s}", "file_path", "e.ipynb");
	assert_fails("it is no notebook", "NotebookEdit", "{s:s, s:s, s:s, s:s}", "notebook_path", "e.ipynb",
		"new_source",
		"x", "cell_type", "code", "edit_mode", "insert");
	put_file("t.ipynb", "[1]");
	assert_call("", "Read", "{s:s}", "file_path", "t.ipynb");
	assert_fails("t.ipynb", "NotebookEdit", "{s:s, s:s, s:s}", "notebook_path", "t.ipynb", "cell_id", "0",
		"new_source",
		"x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROJECT(a_cell_is_replaced_and_no_other_byte),
		WITH_PROJECT(a_cell_of_code_loses_what_it_printed),
		WITH_PROJECT(cells_are_inserted_and_deleted),
		WITH_PROJECT(a_notebook_of_one_line_stays_one),
		WITH_PROJECT(what_is_wrong_is_told_and_nothing_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
