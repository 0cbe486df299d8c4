// One pass of Hugging Face's tokenizers (Rust, by npm) for bench_tokenizer.
//
// node tokenizers_peer.mjs PREFIX TOKENIZER_JSON TEXTS: PREFIX is where npm
// installed the package; TEXTS is [{"name", "pieces": […]}].  Prints "load NS",
// then for each text "NAME NS TOKENS SUM", after a pass that only warms up.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const [prefix, tokenizerFile, textsFile] = process.argv.slice(2);
const { Tokenizer } = createRequire(resolve(prefix, 'package.json'))('tokenizers');
const now = () => process.hrtime.bigint();

const before = now();
const tokenizer = Tokenizer.fromFile(tokenizerFile);
console.log(`load ${now() - before}`);

for (const { name, pieces } of JSON.parse(readFileSync(textsFile, 'utf8'))) {
	for (const timed of [false, true]) {
		const all = [];
		const start = now();
		for (const piece of pieces)
			all.push(await tokenizer.encode(piece, null, { addSpecialTokens: false }));
		const ns = now() - start;
		if (!timed)
			continue;
		let tokens = 0, sum = 0;
		for (const encoding of all)
			for (const id of encoding.getIds()) {
				tokens++;
				sum = (sum * 31 + id) % 4294967291;
			}
		console.log(`${name} ${ns} ${tokens} ${sum}`);
	}
}
