/* make-encoder DIR: a test encoder for embeddings, for end-to-end tests and by hand. */
#include <stdio.h>

#include "support/encoder.h"

int main(int argc, char **argv)
{
	struct error err = {0};
	const struct encoder e = { .types = true, .modules = "mean", .normalize = true,
		.more = ",\"matryoshka_dimensions\":[8]" };

	if (argc == 2 && encoder_write(argv[1], &e, &err))
		return 0;
	fprintf(stderr, "make-encoder: %s\n", argc == 2 ? err.text : "usage: make-encoder DIR");
	return 1;
}
