import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { REPORT_POLICY } from '../../analysis/report/index.ts';
import { type Served, servedPages, servedRun, typeOf } from './files.ts';
import { followRun, runState } from './followRun.ts';

/** What is served. */
export interface ServedFolders {
  /** The built pages. */
  readonly pages: string;
  /** A study's run; null: none. */
  readonly run: string | null;
}

/** A request that is refused: with this status, and these words. */
interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** Names of this machine in a Host header; a page of another name that leads here is refused (DNS rebinding). */
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

/** Milliseconds in which a request must have come: what is longer is an attack or a mistake. */
const PATIENCE_MS = 10_000;

/** Headers of every answer: no other page reads it, frames it, or guesses its type. */
const ALWAYS = {
  'cache-control': 'no-cache',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Makes the server of the pages, and of a run, for this machine alone. It reads files, and writes none. */
export function pageServer({ pages, run }: ServedFolders): Server {
  const files = servedPages(pages);
  const policy = policyOf(files);
  const server = createServer({ requestTimeout: PATIENCE_MS, headersTimeout: PATIENCE_MS }, (request, response) => {
    const answer = (status: number, type: string, body: string | Buffer) => {
      const held = isReport(type, body, policy) ? `${REPORT_POLICY}; ${FRAMELESS}` : `${policy}; ${FRAMELESS}`;
      response.writeHead(status, { ...ALWAYS, 'content-security-policy': held, 'content-type': type });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const refused = refusalOf(request);
    if (refused !== null) {
      response.setHeader('connection', 'close');
      return answer(refused.status, 'text/plain; charset=utf-8', `${refused.reason}\n`);
    }
    // A path is looked up as it stands: nothing is decoded, joined or resolved.
    const [path] = (request.url ?? '/').split('?');
    if (path === '/run/state')
      return answer(200, typeOf('state.json'), JSON.stringify(run === null ? null : runState(run)));
    if (path === '/run/events' && run !== null) return followRun(run, withHeaders(response, `${policy}; ${FRAMELESS}`));
    const file = files.get(path) ?? (run === null ? undefined : servedRun(run).get(path));
    if (file === undefined) return answer(404, 'text/plain; charset=utf-8', 'there is no such page\n');
    answer(200, typeOf(file), readFileSync(file));
  });
  server.on('clientError', (_, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  });
  return server;
}

/** What a policy can forbid in a header alone: frames around the page. */
const FRAMELESS = "frame-ancestors 'none'";

/** Whether an answer is a report: a page that does not name the pages' policy. Its style is within it, and it has no script. */
const isReport = (type: string, body: string | Buffer, policy: string): boolean =>
  type === typeOf('report.html') && !body.includes(`content="${policy}"`);

/** Begins an answer that goes on. */
function withHeaders(response: ServerResponse, policy: string): ServerResponse {
  response.writeHead(200, { ...ALWAYS, 'content-security-policy': policy, 'content-type': 'text/event-stream' });
  return response;
}

/** The policy that the page names itself; as a header it also holds for the worker. */
function policyOf(files: Served): string {
  const index = files.get('/index.html');
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(index ? readFileSync(index, 'utf8') : '') ?? [];
  if (policy === undefined) throw new Error('the built page names no Content-Security-Policy: build it again');
  return policy;
}

/** Why a request is not answered; null where it is. */
function refusalOf({ method, url = '', headers }: IncomingMessage): Refusal | null {
  if (!LOCAL.test(headers.host ?? ''))
    return { status: 421, reason: 'this server answers by the names localhost and 127.0.0.1 only' };
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)
    return { status: 403, reason: 'pages of other origins are not answered' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, reason: 'files are read here, by GET and HEAD' };
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)
    return { status: 413, reason: 'a request has no body here' };
  if (!url.startsWith('/')) return { status: 400, reason: 'a path begins with /' };
  return null;
}
