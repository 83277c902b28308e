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

/** Lines of comments that no window shows whole: the formatter breaks code, not comments. */
export function longComments(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    text
      .split('\n')
      .map((line, index) => ({ line, number: index + 1 }))
      .filter(({ line }) => /^\s*(\/\/|\/\*|\*)/.test(line) && line.length > 140)
      .map(({ line, number }) => `${path}:${number}: a line of a comment has ${line.length} characters; 140 at most`),
  );
}

/**
 * The breaches of folders that hold more of them than is known.
 * @param breaches each begins with the path of its file
 * @param known how many a folder holds that is still to be swept; every other holds none
 */
export function moreThanKnown(breaches: readonly string[], known: Readonly<Record<string, number>>): string[] {
  const folderOf = (breach: string) => Object.keys(known).find((folder) => breach.startsWith(`${folder}/`));
  const count = (folder: string) => breaches.filter((breach) => folderOf(breach) === folder).length;
  return breaches.filter((breach) => {
    const folder = folderOf(breach);
    return folder === undefined || count(folder) > known[folder];
  });
}
