#!/usr/bin/env bash
# zod 4.6.7. Guess: `z.enum(['inf', '2', '1'])`, the norms of an attack, keeps the order in which it is given. It is kept as the keys of an object, and keys
# made of digits come first, in ascending order: options, messages and the JSON Schema read 1, 2, inf. Who takes the first option for the
# default, or compares a written schema, finds another one. `z.literal([...])` keeps the order.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund zod@4.6.7
cat >try.mjs <<'JS'
import { z } from 'zod';
const words = z.enum(['inf', '2', '1']);
const found = {
  options: words.options.join(),
  schema: z.toJSONSchema(words).enum.join(),
  message: words.safeParse('3').error.issues[0].message,
  literal: z.toJSONSchema(z.literal(['inf', '2', '1'])).enum.join(),
};
console.log(found);
process.exit(found.options === '1,2,inf' && found.schema === '1,2,inf' && found.literal === 'inf,2,1' ? 0 : 1);
JS
node try.mjs
