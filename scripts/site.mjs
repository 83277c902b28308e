/** The documentation as pages beside those that run in a browser: the guides of docs/, made from Markdown when the pages are built. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { Marked } from 'marked';
import { root } from './driver.mjs';

/** Pages that are called otherwise than their file, whose names meet those of others. */
const RENAMED = /** @type {Readonly<Record<string, string>>} */ ({
  'README.md': 'overview.html',
  'docs/README.md': 'guides.html',
});

/** Pictures and reports that guides show or lead to. */
const CARRIED = ['docs/report.png', 'docs/reports/paper-small.html', 'docs/reports/paper-small.json.gz'];

/** Where a guide has a figure that runs in the reader's browser. */
const LIVE = '<!-- live: survival -->';

const LIVE_FIGURE =
  '<div id="live"><p>Without scripts this figure stays empty: it is computed on your device.</p></div>';

/** The files of the documentation, by their path in the checkout. */
const sources = () => [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** @param {string} path of a guide in the checkout */
const pageOf = (path) => RENAMED[path] ?? `${basename(path, '.md').toLowerCase()}.html`;

/** @param {string} text */
const escaped = (text) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/**
 * The address of a heading, as GitHub gives it.
 * @param {string} heading as Markdown
 */
const slugOf = (heading) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replace(/ /g, '-');

/**
 * Where a link of a guide leads on these pages; null where it leads to a file of the checkout that they do not have.
 * @param {string} href
 * @param {string} from path of the guide
 */
function linkOf(href, from) {
  if (/^(https?:|#)/.test(href)) return href;
  const [path, hash] = href.split('#');
  const target = normalize(join(dirname(from), path));
  const anchor = hash === undefined ? '' : `#${hash}`;
  if (sources().includes(target)) return `${pageOf(target)}${anchor}`;
  return CARRIED.includes(target) ? basename(target) : null;
}

/** A cell that heads nothing is no heading. @param {string} inside @param {string} tag */
const cellOf = (inside, tag) => (inside === '' ? '<td></td>' : `<${tag}>${inside}</${tag}>`);

/**
 * A guide as the inside of a page.
 * @param {string} text Markdown
 * @param {string} from its path
 */
function bodyOf(text, from) {
  /** @type {Map<string, number>} */
  const slugs = new Map();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: raw }) {
        const slug = slugOf(raw);
        const times = slugs.get(slug) ?? 0;
        slugs.set(slug, times + 1);
        const id = times === 0 ? slug : `${slug}-${times}`;
        return `<h${depth} id="${escaped(id)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const label = this.parser.parseInline(tokens);
        const target = linkOf(href, from);
        return target === null ? label : `<a href="${escaped(target)}">${label}</a>`;
      },
      image({ href, text: about }) {
        return `<img src="${escaped(linkOf(href, from) ?? href)}" alt="${escaped(about)}">`;
      },
      code({ text: program }) {
        // What scrolls must be reached by the keyboard.
        return `<pre tabindex="0"><code>${escaped(program)}</code></pre>\n`;
      },
      table({ header, rows }) {
        const row = (/** @type {import('marked').Tokens.TableCell[]} */ cells, /** @type {string} */ tag) =>
          `<tr>${cells.map((cell) => cellOf(this.parser.parseInline(cell.tokens), tag)).join('')}</tr>\n`;
        const body = rows.map((cells) => row(cells, 'td')).join('');
        return `<div class="scroll" tabindex="0"><table>\n<thead>${row(header, 'th')}</thead>\n<tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  return marked.parse(text, { async: false });
}

/** Titles of guides, which their own beginnings say. */
const titleOf = (/** @type {string} */ text) => /^# (.*)$/m.exec(text)?.[1] ?? '';

/**
 * Writes the guides as pages, with what they show and lead to.
 * @param {string} folder of the built pages
 * @param {string} policy the Content-Security-Policy of every page
 */
export function writeSite(folder, policy) {
  const frame = readFileSync(join(root, 'src/web/guide.html'), 'utf8');
  for (const path of sources()) {
    const text = readFileSync(join(root, path), 'utf8');
    const isLive = text.includes(LIVE);
    const parts = {
      policy,
      title: escaped(titleOf(text).replace(/`/g, '')),
      script: isLive ? '<script type="module" src="live.js"></script>' : '',
      body: bodyOf(text, path).replace(LIVE, LIVE_FIGURE),
    };
    writeFileSync(
      join(folder, pageOf(path)),
      frame.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[/** @type {keyof typeof parts} */ (name)]),
    );
  }
  for (const path of CARRIED)
    if (existsSync(join(root, path))) copyFileSync(join(root, path), join(folder, basename(path)));
}
