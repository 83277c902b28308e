#!/usr/bin/env bash
# esbuild 0.28.2. Guess: with `splitting` and `"sideEffects": false`, an entry that imports one small function through a barrel gets that function, and
# what the barrel re-exports besides stays in the chunk that is loaded later. Chunks are made of whole files by who reaches them, and tree
# shaking comes by entries together: a file that both the entry and the later part reach is one shared chunk with all that either of them
# needs, so that the entry loads what only the later part calls. Start-up code has to import past the barrel, or from files of its own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "sideEffects": false }' >package.json
npm install --silent --no-audit --no-fund --no-save esbuild@0.28.2
cat >engine.js <<'JS'
export const small = () => 'small';
export const large = () => 'only the later part calls this';
JS
echo "export { small, large } from './engine.js';" >barrel.js
echo "import { small } from './barrel.js'; console.log(small()); export const later = () => import('./later.js');" >entry.js
echo "import { large } from './barrel.js'; console.log(large());" >later.js
npx esbuild entry.js --bundle --splitting --format=esm --outdir=out --metafile=meta.json --log-level=error
node -e '
const { outputs } = JSON.parse(require("node:fs").readFileSync("meta.json", "utf8"));
const shared = outputs["out/entry.js"].imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
const text = shared.map((path) => require("node:fs").readFileSync(path, "utf8")).join();
console.log("the entry loads", shared.join(), text.includes("only the later part") ? "with what only the later part calls" : "");
process.exit(text.includes("only the later part") ? 0 : 1);'
