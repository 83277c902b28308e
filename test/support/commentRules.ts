/** The project's rules about comments, as functions of source text. */
import type { Sources } from './architectureRules.ts';

/** Beginnings that lean on what stands elsewhere: a hover in an editor and a page of API docs show the comment alone. */
const LEANING = /\/\*\*[\s*]*(Of|The same|Their|Its)\b[^\n]*/g;

/** Doc comments that cannot stand alone. */
export function leaningComments(sources: Sources): string[] {
  return [...sources]
    .filter(([path]) => /^(src|bench)\/.*\.ts$/.test(path))
    .flatMap(([path, text]) =>
      [...text.matchAll(LEANING)].map(
        ([comment, beginning]) =>
          `${path}: a doc comment begins with "${beginning}", which does not stand alone: ${comment.replace(/\s+(\*\s+)?/g, ' ')}`,
      ),
    );
}

/** Words that stand for an idiom of another language, and what is meant (docs/style.md). */
const IDIOMS: readonly (readonly [RegExp, string])[] = [
  [/\banew\b/i, 'again'],
  [/\breckon(s|ed|ing)?\b/i, 'estimate'],
  [/\bwith whom\b/i, 'that'],
  [/\blet(s|ting)? go of\b/i, 'release'],
  [/\b(is|are|be) done with\b/i, 'finish'],
];

/** Comments in another language's English. */
export function idioms(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    commentLines(text).flatMap(({ line, number }) =>
      IDIOMS.filter(([idiom]) => idiom.test(line)).map(
        ([idiom, plain]) => `${path}:${number}: "${idiom.exec(line)?.[0]}" in a comment; say "${plain}"`,
      ),
    ),
  );
}

/** The lines of a text that are nothing but comment. */
const commentLines = (text: string) =>
  text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => /^\s*(\/\/|\/\*|\*)/.test(line));

/** Lines of comments that no window shows whole: the formatter breaks code, not comments. */
export function longComments(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    commentLines(text)
      .filter(({ line }) => line.length > 140)
      .map(({ line, number }) => `${path}:${number}: a line of a comment has ${line.length} characters; 140 at most`),
  );
}
