#!/usr/bin/env bash
# Jazzer.js 4.0.0. Guess: its prebuilt fuzzer loads wherever its `engines` (Node 14 and later) and the official builds of Node 20 (glibc 2.28)
# do. But for Linux it is linked against glibc 2.38, so that on Debian 12 (2.36) and Ubuntu 22.04 (2.35) `require` ends in ERR_DLOPEN_FAILED.
# This reads which versions of glibc the file asks for, and loads it where this system has an older one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --silent --no-audit --no-fund @jazzer.js/core@4.0.0
node - <<'NODE'
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const here = createRequire(`${process.cwd()}/`);
const { engines } = here('@jazzer.js/core/package.json');
const file = here.resolve('@jazzer.js/fuzzer/prebuilds/fuzzer-linux-x64.node');
const asked = [...new Set(readFileSync(file, 'latin1').match(/GLIBC_2\.\d+/g))].map((name) => Number(name.slice(8)));
const newest = Math.max(...asked);
const own = process.report.getReport().header.glibcVersionRuntime;
let answer = 'not tried: this is no Linux with glibc on x64';
if (own !== undefined && process.arch === 'x64') {
  try {
    here('@jazzer.js/fuzzer');
    answer = 'loads';
  } catch ({ code }) {
    answer = code;
  }
}
console.log(`@jazzer.js/core 4.0.0, engines node ${engines.node}: asks for glibc 2.${newest}; here is ${own}: ${answer}`);
const expected = answer.startsWith('not tried') || answer === (Number(own.split('.')[1]) < newest ? 'ERR_DLOPEN_FAILED' : 'loads');
process.exit(newest === 38 && expected ? 0 : 1);
NODE
