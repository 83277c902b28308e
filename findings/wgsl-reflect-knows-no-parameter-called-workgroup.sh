#!/usr/bin/env bash
# wgsl_reflect 1.6.0. Guess: it reads every identifier that WGSL allows. `workgroup` names an address space, and is no reserved word: a
# parameter may be called so, and Dawn (webgpu 0.6.2) compiles it. wgsl_reflect refuses the whole shader as a mistake of syntax in its line, while
# a parameter called `group` is read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund wgsl_reflect@1.6.0
cat > check.mjs <<'MODULE'
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';

const answer = (name) => {
  try {
    const { functions } = new WgslReflect(`fn twice(${name}: u32) -> u32 { return 2u * ${name}; }`);
    return `read, ${functions.length} function`;
  } catch (error) {
    return `refused: ${error.message}`;
  }
};
const answers = Object.fromEntries(['group', 'workgroup'].map((name) => [name, answer(name)]));
console.log(answers);
process.exit(answers.group.startsWith('read') && answers.workgroup.startsWith('refused: Expected') ? 0 : 1);
MODULE
node check.mjs
